namespace RestMq.Commands;

/// <summary>Reports a message over its size limit, which is <see cref="CommandOutcome.TooLarge"/>.</summary>
internal sealed class TooLargeException(string message) : FormatException(message);
