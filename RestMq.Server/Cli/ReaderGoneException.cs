namespace RestMq.Server.Cli;

/// <summary>
/// Thrown when the reader of the output has closed the pipe. It is a separate type, because a host that fails within
/// its reply causes an <see cref="IOException"/> too.
/// </summary>
internal sealed class ReaderGoneException(IOException inner) : Exception(inner.Message, inner);
