using System.Text.Json;
using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>Takes messages one by one, with a plain GET or with a lease and an ack.</summary>
/// <param name="note">Is called for each message that came whole, before anything else is done with it.</param>
/// <param name="queue">The queue.</param>
/// <param name="ports">The ports of the hosts.</param>
/// <param name="lease">The lease in seconds. Null for a plain GET.</param>
internal sealed class Consumer(Action<ReceivedMessage> note, string queue, IReadOnlyList<int> ports, int? lease = null)
{
    private int _cuts;
    private int _unread;

    /// <summary>Gets the probability that it resets the connection instead of acking a message.</summary>
    public double Vanishes { get; init; }

    /// <summary>Gets the probability that it disconnects at a random byte of the reply.</summary>
    public double Aborts { get; init; }

    /// <summary>Gets how often it disconnected before it had the whole reply.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Gets how often it disconnected before it had read anything.</summary>
    public int Unread => Volatile.Read(ref _unread);

    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new HostClient(ports);
        while (!stop.IsCancellationRequested)
        {
            if (await TakeAsync(client) is not { Status: 200 } reply) continue;
            using var message = JsonDocument.Parse(reply.Body);
            note(ReceivedMessage.Of(message.RootElement));
            if (lease is null) continue;
            if (Random.Shared.NextDouble() < Vanishes) client.Reset();
            // The reply is 409 when the lease is over.
            else await client.TryAskAsync($"DELETE /q/{queue}/{message.RootElement.GetProperty("receipt").GetString()}");
        }
        Interlocked.Add(ref _unread, client.GivenUp);
    }

    private async Task<HttpReply?> TakeAsync(HostClient client)
    {
        var get = $"GET /q/{queue}?wait=1" + (lease is { } seconds ? $"&lease={seconds}" : "");
        if (Random.Shared.NextDouble() < Aborts) return await TakeCutAsync(get);
        var reply = await client.TryAskAsync(get);
        if (reply is { IsYes: false } no)
        {
            if (!no.IsAway)
                throw new InvalidOperationException(
                    $"A take must be answered with 2xx or 502 to 504, but the reply was: {no.Status} {no.Text}");
            await Task.Delay(50);
        }
        return reply;
    }

    // Uses its own connection with a small receive buffer, so that most of a large reply stays on the host's side.
    private async Task<HttpReply?> TakeCutAsync(string get)
    {
        try
        {
            using var connection = await HttpConnection.OpenAsync(ports[Random.Shared.Next(ports.Count)], receiveBuffer: 4096);
            connection.CutAfter = Random.Shared.Next(Random.Shared.NextDouble() < 0.2 ? 300_000 : 1000);
            if (connection.CutAfter == 0) Interlocked.Increment(ref _unread);
            return await connection.AskAsync(get);
        }
        catch (CutOffException)
        {
            Interlocked.Increment(ref _cuts);
            return null;
        }
        catch (Exception e) when (BrokenConnection.Is(e))
        {
            if (e is TimeoutException) Interlocked.Increment(ref _unread);
            return null;
        }
    }
}
