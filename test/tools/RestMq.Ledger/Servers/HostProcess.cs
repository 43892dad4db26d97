using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace RestMq.Ledger.Servers;

/// <summary>Runs the sample host as a process, always on the same port.</summary>
/// <param name="redis">The connection string of the host's Redis.</param>
/// <param name="settings">Further command-line arguments.</param>
internal sealed partial class HostProcess(string redis, params string[] settings) : IAsyncDisposable
{
    private ChildProcess? _process;

    public int Port { get; } = Ports.Next();

    /// <summary>Gets the id of the process.</summary>
    public int Id => _process!.Id;

    /// <summary>Gets whether the process runs.</summary>
    public bool IsAlive => _process is { HasExited: false };

    /// <summary>Gets the output since the last start.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>
    /// Gets how many messages the host has returned since the last start, because Redis' reply that delivered them was
    /// lost. They return uncounted, so they come late and look like first deliveries.
    /// </summary>
    public int Returned => ReturnedMessages().Matches(Output).Sum(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>Gets the environment variables of the process, as <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public async Task ComeBackAsync()
    {
        var dll = typeof(HostProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SampleHost").Value!;
        if (!File.Exists(dll))
            throw new InvalidOperationException(
                $"The ledger needs the sample host, but {dll} is missing. Run 'dotnet build RestMq.Sample'.");
        string[] arguments = [.. Environment, "dotnet", dll, "--urls", $"http://127.0.0.1:{Port}", $"--RestMq:Redis={redis}", .. settings];
        _process = new ChildProcess("env", arguments, "The ledger needs env and dotnet on the PATH.");
        await _process.WaitForLineAsync(line => line.Contains("Now listening on", StringComparison.Ordinal));
    }

    public Task KillAsync() => _process!.KillAsync();

    public void Pause() => _process!.Suspend();

    public void Resume() => _process!.Resume();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }

    [GeneratedRegex("Returned ([0-9]+) messages of .*: the reply of Redis")]
    private static partial Regex ReturnedMessages();
}
