using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RestMq.TestUtilities;

/// <summary>
/// Runs a child process and keeps its output. The child never outlives the tests: a handler of <c>ProcessExit</c> kills
/// it, and <see cref="Watchdog"/> kills it when the test process itself is killed.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<Process, bool> Alive = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly SemaphoreSlim _news = new(0);

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Alive.Keys) End(process);
    };

    /// <param name="missing">The message of the exception when the program does not exist.</param>
    public ChildProcess(string program, IEnumerable<string> arguments, string missing)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        _process.OutputDataReceived += (_, e) => Hear(e.Data);
        _process.ErrorDataReceived += (_, e) => Hear(e.Data);
        try
        {
            _process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(missing, e);
        }
        Alive[_process] = true;
        Watchdog.Add(_process.Id);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Gets everything that the process has written.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>
    /// Waits for a line of output, at most 60 seconds. Throws with the whole output when the process ends first or the
    /// time is over.
    /// </summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (_output.FirstOrDefault(wanted) is { } line) return line;
            if (_process.HasExited || deadline.IsCancellationRequested)
                throw new InvalidOperationException($"The process must write a line within 60 s, but did not. {this}");
            await _news.WaitAsync(TimeSpan.FromMilliseconds(100));
        }
    }

    public async Task<int> WaitForExitAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Suspends the process (SIGSTOP). Its connections stay open, but it does not answer.</summary>
    public void Suspend() => Signal(OperatingSystem.IsLinux() ? 19 : 17);

    /// <summary>Resumes the suspended process (SIGCONT).</summary>
    public void Resume() => Signal(OperatingSystem.IsLinux() ? 18 : 19);

    /// <summary>Asks the process to end (SIGTERM) and waits for its end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (!_process.HasExited) Signal(15);
        await _process.WaitForExitAsync(cancellationToken);
        Forget(_process);
    }

    /// <summary>Sends a signal by its number. On Linux 15 is SIGTERM, 19 is SIGSTOP and 18 is SIGCONT.</summary>
    public void Signal(int number)
    {
        if (kill(_process.Id, number) != 0)
            throw new InvalidOperationException($"Signal {number} could not be sent. {this}");
    }

    public async Task KillAsync()
    {
        End(_process);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    public override string ToString()
    {
        var state = _process.HasExited ? $"has ended with the exit code {_process.ExitCode}" : "is running";
        return $"{_process.StartInfo.FileName} {state}. It wrote:\n{Output}";
    }

    private void Hear(string? line)
    {
        if (line is not null) _output.Enqueue(line);
        _news.Release();
    }

    private static void End(Process process)
    {
        if (Alive.ContainsKey(process) && !process.HasExited) process.Kill(entireProcessTree: true);
        Forget(process);
    }

    private static void Forget(Process process)
    {
        if (Alive.TryRemove(process, out _)) Watchdog.Remove(process.Id);
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);
}
