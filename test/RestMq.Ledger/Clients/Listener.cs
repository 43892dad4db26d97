using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>Reads live streams: when one breaks it opens another, at any daemon, and goes on after the last message it had.</summary>
/// <param name="note">Is told of each message that came whole.</param>
/// <param name="queue">The queue.</param>
/// <param name="transport">How.</param>
/// <param name="ports">The daemons.</param>
/// <param name="lease">Seconds it may hold a message, which it then acks; null for a broadcast, from its beginning.</param>
internal sealed class Listener(Action<Sighting> note, string queue, Transport transport, IReadOnlyList<int> ports, int? lease = null)
{
    private const int Prefetch = 10;

    private readonly Line _line = new(ports);
    private string _from = "from=earliest";
    private int _opened;
    private int _unread;

    /// <summary>How often it had to come back.</summary>
    public int Returns => Math.Max(Volatile.Read(ref _opened) - 1, 0);

    /// <summary>The most messages that were on their way to it when it vanished.</summary>
    public int Unread => Volatile.Read(ref _unread);

    /// <summary>How often it vanishes before it has acked.</summary>
    public double Vanishes { get; init; }

    public async Task RunAsync(CancellationToken stop)
    {
        using (_line)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await ReadAsync(stop);
                }
                catch (Exception e) when (Broken.Is(e))
                {
                    await Task.Delay(20, CancellationToken.None);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        var target = $"c/{queue}?" + (lease is { } seconds ? $"lease={seconds}&prefetch={Prefetch}" : _from);
        using var stream = await LiveStream.OpenAsync(transport, ports[Random.Shared.Next(ports.Count)], target, stop);
        Interlocked.Increment(ref _opened);
        while (await stream.NextAsync(stop) is { } message)
        {
            using (message)
            {
                note(Sighting.Of(message.RootElement));
                if (message.RootElement.TryGetProperty("id", out var place)) _from = $"last_event_id={place}";
                if (lease is null) continue;
                if (Random.Shared.NextDouble() < Vanishes)
                {
                    Interlocked.Add(ref _unread, Prefetch);
                    return;
                }
                var receipt = message.RootElement.GetProperty("receipt").GetString()!;
                if (!await stream.TryAckAsync(receipt, stop)) await AckAsync(receipt);
            }
        }
    }

    // Twice, for a connection that lay idle may have been closed meanwhile.
    private async Task AckAsync(string receipt) =>
        _ = await _line.TryAskAsync($"DELETE /q/{queue}/{receipt}") ?? await _line.TryAskAsync($"DELETE /q/{queue}/{receipt}");
}
