namespace RestMq.Sample.Cli;

/// <summary>Whoever read the output has gone. It is a type of its own, since reading from a host that dies throws an <see cref="IOException"/> as well.</summary>
internal sealed class ReaderGoneException(IOException inner) : Exception(inner.Message, inner);
