namespace RestMq.Sample.Cli;

/// <summary>What a verb ends with, for scripts.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int Empty = 2;
    public const int Away = 3;
    public const int Interrupted = 130;
}

/// <summary>A verb that could not be done: a sentence for the person, and the exit code.</summary>
internal sealed class VerbException(string message, int code = ExitCode.Refused) : Exception(message)
{
    public int Code { get; } = code;
}
