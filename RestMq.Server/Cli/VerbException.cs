namespace RestMq.Server.Cli;

/// <summary>Holds the exit codes of verbs.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int Empty = 2;
    public const int Unavailable = 3;
    public const int Interrupted = 130;
}

/// <summary>Thrown when a verb cannot be carried out, with a message for the user and the exit code.</summary>
internal sealed class VerbException(string message, int code = ExitCode.Refused) : Exception(message)
{
    public int Code { get; } = code;
}
