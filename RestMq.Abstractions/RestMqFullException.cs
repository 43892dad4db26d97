namespace RestMq;

/// <summary>
/// Thrown when the host has no room for a message or for one more queue. Nothing was changed. Messages can still be
/// taken, settled and deleted, which makes room. A queue that holds as many messages as its own
/// <see cref="QueueSettings.MaxLength"/> allows is <see cref="AddStatus.Full"/> instead.
/// </summary>
/// <param name="message">The limit, the value that exceeds it, and what to do.</param>
public sealed class RestMqFullException(string message) : Exception(message);
