using System.Diagnostics;

namespace RestMq.TestUtilities;

/// <summary>
/// Kills the servers of a test process that was itself killed (SIGKILL). No handler runs in a killed process. The
/// watchdog is a shell that reads the process ids of the servers from a pipe. The pipe ends with the test process, and
/// the shell then kills the remaining servers.
/// </summary>
internal static class Watchdog
{
    // Ctrl-C reaches the whole process group. The shell ignores it, because it must outlive the test process.
    private const string Script = """
        trap '' INT TERM HUP
        pids=' '
        while read -r change pid; do
          case $change in
            +) pids="$pids$pid " ;;
            -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
          esac
        done
        for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
        """;

    private static readonly Lock Lock = new();
    private static Process? _shell;

    public static void Add(int process) => Tell('+', process);

    public static void Remove(int process) => Tell('-', process);

    private static void Tell(char change, int process)
    {
        lock (Lock)
        {
            _shell ??= Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true })!;
            _shell.StandardInput.Write($"{change} {process}\n");
            _shell.StandardInput.Flush();
        }
    }
}
