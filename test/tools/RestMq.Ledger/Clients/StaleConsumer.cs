using System.Text.Json;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Leases and acks messages like a <see cref="Taker"/>, and also sends old receipts again. It sends a random old
/// receipt now and then. When a known key comes with another text, it sends the key's old receipt before the new one.
/// An old receipt must not settle anything.
/// </summary>
/// <param name="book">Records the messages it received, and what an old receipt settled.</param>
/// <param name="queue">The queue.</param>
/// <param name="ports">The ports of the hosts.</param>
internal sealed class StaleConsumer(Journal book, string queue, IReadOnlyList<int> ports)
{
    private const int Lease = 2;
    private const double Resends = 0.2;

    private readonly Journal.Page _page = book.NewPage();
    private readonly Dictionary<long, (Entry Entry, string Receipt)> _settled = [];
    private readonly List<long> _ids = [];
    private int _unread;

    /// <summary>Gets how often no reply came in time.</summary>
    public int Unread => Volatile.Read(ref _unread);

    public async Task RunAsync(CancellationToken stop)
    {
        using var line = new Line(ports);
        while (!stop.IsCancellationRequested)
        {
            var reply = await line.TryAskAsync($"GET /q/{queue}?wait=1&lease={Lease}");
            if (reply is { IsAway: true }) await Task.Delay(50, CancellationToken.None);
            if (reply is not { Status: 200 } taken) continue;
            using var message = JsonDocument.Parse(taken.Body);
            var sighting = ReceivedMessage.Of(message.RootElement);
            var receipt = message.RootElement.GetProperty("receipt").GetString()!;
            _page.Note(sighting);
            if (_settled.TryGetValue(sighting.Id, out var known) && known.Entry != sighting.Entry) await SendAgainAsync(line, sighting.Id);
            if (await line.TryAskAsync($"DELETE /q/{queue}/{receipt}") is { IsYes: true }) Keep(sighting, receipt);
            if (_ids.Count > 0 && Random.Shared.NextDouble() < Resends) await SendAgainAsync(line, _ids[Random.Shared.Next(_ids.Count)]);
        }
        Interlocked.Add(ref _unread, line.GivenUp);
    }

    private void Keep(ReceivedMessage sighting, string receipt)
    {
        if (_settled.TryAdd(sighting.Id, (sighting.Entry, receipt))) _ids.Add(sighting.Id);
    }

    private async Task SendAgainAsync(Line line, long id)
    {
        var (entry, receipt) = _settled[id];
        if (await line.TryAskAsync($"DELETE /q/{queue}/{receipt}") is { IsYes: true }) book.AckedByOldReceipt(entry, id);
    }
}
