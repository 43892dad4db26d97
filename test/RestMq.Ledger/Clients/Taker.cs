using System.Text.Json;
using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>Takes messages one by one: by a plain GET, or leased and then acked.</summary>
/// <param name="note">Is told of each message that came whole, before anything else is done about it.</param>
/// <param name="queue">Where it takes from.</param>
/// <param name="ports">The daemons.</param>
/// <param name="lease">Seconds it may hold a message; null for a plain GET.</param>
internal sealed class Taker(Action<Sighting> note, string queue, IReadOnlyList<int> ports, int? lease = null)
{
    private int _cuts;
    private int _unread;

    /// <summary>How often it vanishes between receipt and ack, with a reset.</summary>
    public double Vanishes { get; init; }

    /// <summary>How often it breaks off at a random byte of the answer.</summary>
    public double Aborts { get; init; }

    /// <summary>How often it has broken off before it had the whole answer.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>How often it has broken off before it had read anything.</summary>
    public int Unread => Volatile.Read(ref _unread);

    public async Task RunAsync(CancellationToken stop)
    {
        using var line = new Line(ports);
        while (!stop.IsCancellationRequested)
        {
            if (await TakeAsync(line) is not { Status: 200 } reply) continue;
            using var message = JsonDocument.Parse(reply.Body);
            note(Sighting.Of(message.RootElement));
            if (lease is null) continue;
            if (Random.Shared.NextDouble() < Vanishes) line.Reset();
            else await line.TryAskAsync($"DELETE /q/{queue}/{message.RootElement.GetProperty("receipt").GetString()}"); // 409 when it was too late.
        }
        Interlocked.Add(ref _unread, line.GivenUp);
    }

    private async Task<HttpReply?> TakeAsync(Line line)
    {
        var get = $"GET /q/{queue}?wait=1" + (lease is { } seconds ? $"&lease={seconds}" : "");
        if (Random.Shared.NextDouble() < Aborts) return await TakeCutAsync(get);
        var reply = await line.TryAskAsync(get);
        if (reply is { IsYes: false } no)
        {
            if (!no.IsAway) throw new InvalidOperationException($"A take was answered {no.Status} {no.Text}");
            await Task.Delay(50);
        }
        return reply;
    }

    // Over a connection of its own, whose small buffer leaves most of a large answer on the other side.
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
        catch (Exception e) when (Broken.Is(e))
        {
            if (e is TimeoutException) Interlocked.Increment(ref _unread);
            return null;
        }
    }
}
