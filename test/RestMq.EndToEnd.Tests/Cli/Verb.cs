namespace RestMq.EndToEnd.Cli;

/// <summary>Runs verbs of the host's program, as a user at a terminal does.</summary>
public static class Verb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a verb to its end. Returns its exit code and its output, which includes standard error.</summary>
    public static async Task<(int Code, string Output)> RunAsync(params IEnumerable<string> arguments)
    {
        await using var process = Start(arguments);
        var code = await process.WaitForExitAsync(Patience);
        return (code, process.Output);
    }

    /// <summary>Runs a line of shell, in which <c>$restmq</c> stands for the program.</summary>
    public static async Task<(int Code, string Output)> ShellAsync(string line)
    {
        await using var process = new ChildProcess(
            "sh", ["-c", line.Replace("$restmq", string.Join(' ', [RestMqHost.Command.File, .. RestMqHost.Command.Arguments.Select(word => $"'{word}'")]), StringComparison.Ordinal)], "These tests need a shell.");
        var code = await process.WaitForExitAsync(Patience);
        return (code, process.Output);
    }

    public static ChildProcess Start(params IEnumerable<string> arguments) =>
        new(RestMqHost.Command.File, [.. RestMqHost.Command.Arguments, .. arguments], $"These tests need {RestMqHost.Command.File}.");
}
