namespace RestMq.Commands;

/// <summary>A message over its limit: a refusal with an outcome of its own.</summary>
internal sealed class TooLargeException(string message) : FormatException(message);
