using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Reads live streams. When a stream breaks, it opens another on any host and resumes after the last message.
/// </summary>
/// <param name="note">Is called for each message that came whole.</param>
/// <param name="queue">The queue.</param>
/// <param name="transport">The transport.</param>
/// <param name="ports">The ports of the hosts.</param>
/// <param name="lease">The lease in seconds of an acknowledged stream, which acks each message. Null reads a broadcast
/// from the start of its history.</param>
internal sealed class Listener(Action<ReceivedMessage> note, string queue, Transport transport, IReadOnlyList<int> ports, int? lease = null)
{
    private const int Prefetch = 10;

    private readonly HostClient _client = new(ports);
    private string _from = "from=earliest";
    private int _opened;
    private int _unread;

    /// <summary>Gets how often it had to reconnect.</summary>
    public int Returns => Math.Max(Volatile.Read(ref _opened) - 1, 0);

    /// <summary>Gets the largest number of messages that were on their way to it when it disconnected.</summary>
    public int Unread => Volatile.Read(ref _unread);

    /// <summary>Gets the probability that it disconnects instead of acking a message.</summary>
    public double Vanishes { get; init; }

    public async Task RunAsync(CancellationToken stop)
    {
        using (_client)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await ReadAsync(stop);
                }
                catch (Exception e) when (BrokenConnection.Is(e))
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
                note(ReceivedMessage.Of(message.RootElement));
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

    // Tries twice, because the host may have closed the idle connection.
    private async Task AckAsync(string receipt) =>
        _ = await _client.TryAskAsync($"DELETE /q/{queue}/{receipt}") ?? await _client.TryAskAsync($"DELETE /q/{queue}/{receipt}");
}
