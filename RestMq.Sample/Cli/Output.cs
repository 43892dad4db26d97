using System.Globalization;
using Microsoft.Win32.SafeHandles;
using RestMq.Wire;

namespace RestMq.Sample.Cli;

/// <summary>What a verb writes to its standard output, at once and line by line.</summary>
internal sealed class Output : IAsyncDisposable
{
    private readonly Stream _stream = Open();

    /// <exception cref="ReaderGoneException">Nobody reads it any more.</exception>
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

    /// <summary>Writes messages, and returns how many.</summary>
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

    /// <summary>Writes queues in numbers, one a line under a head.</summary>
    public async Task TableAsync(IAsyncEnumerable<QueueStats> queues, CancellationToken cancellationToken)
    {
        List<string[]> rows = [["queue", "ready", "leased", "delayed", "dead", "added", "settled", "expired", "oldest s", "consumers", "policy", "durability", "state"]];
        await foreach (var q in queues.WithCancellation(cancellationToken))
        {
            rows.Add([
                q.Queue.Value, $"{q.Ready}", $"{q.Leased}", $"{q.Delayed}", $"{q.Dead}", $"{q.TotalAdded}", $"{q.TotalSettled}", $"{q.TotalExpired}",
                q.OldestAge?.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "-", $"{q.Consumers}",
                Words.Of(q.Settings.Policy), Words.Of(q.Settings.Durability), q.Settings.Stopped ? "stopped" : "started",
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

    // Console's own stream says nothing when the reader of a pipe has gone: `consume | head` would go on, and lose what
    // it takes. A FileStream throws. For a file it must be Console's, which appends where others write too.
    private static Stream Open()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
