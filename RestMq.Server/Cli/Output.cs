using System.Globalization;
using Microsoft.Win32.SafeHandles;
using RestMq.Wire;

namespace RestMq.Server.Cli;

/// <summary>Writes the standard output of a verb, line by line and without buffering.</summary>
internal sealed class Output : IAsyncDisposable
{
    private readonly Stream _stream = Open();

    /// <summary>Writes a line.</summary>
    /// <exception cref="ReaderGoneException">The reader of the pipe has closed it.</exception>
    public async Task LineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        var bytes = new byte[line.Length + 1];
        line.CopyTo(bytes);
        bytes[^1] = (byte)'\n';
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken);
            await _stream.FlushAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new ReaderGoneException(e);
        }
    }

    /// <summary>Writes messages and returns their number.</summary>
    public async Task<int> MessagesAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> messages, bool raw, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var message in messages.WithCancellation(cancellationToken))
        {
            await LineAsync(raw ? Reply.ValueOf(message) : message, cancellationToken);
            count++;
        }
        return count;
    }

    /// <summary>Writes the numbers of queues, one queue a line under a header.</summary>
    public async Task TableAsync(IAsyncEnumerable<QueueStats> queues, CancellationToken cancellationToken)
    {
        List<string[]> rows = [["queue", "ready", "leased", "delayed", "dead", "added", "settled", "expired", "oldest s", "consumers", "policy", "durability", "state"]];
        await foreach (var q in queues.WithCancellation(cancellationToken))
        {
            rows.Add([
                q.Queue.Value, $"{q.Ready}", $"{q.Leased}", $"{q.Delayed}", $"{q.Dead}", $"{q.TotalAdded}", $"{q.TotalSettled}", $"{q.TotalExpired}",
                q.OldestAge?.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "-", $"{q.Consumers}",
                WireNames.Of(q.Settings.Policy), WireNames.Of(q.Settings.Durability), q.Settings.Stopped ? "stopped" : "started",
            ]);
        }
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var line = string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])));
            await LineAsync(System.Text.Encoding.UTF8.GetBytes(line), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    // Console's stream ignores that the reader of a pipe has closed it: `consume | head` would go on and lose messages.
    // A FileStream throws. A file needs Console's stream, which appends when several processes write to it.
    private static Stream Open()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
