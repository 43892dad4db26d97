using System.Text.Json;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Leases and acks messages like a <see cref="Consumer"/>, and also sends old receipts again. It sends a random old
/// receipt now and then. When a known key comes with another text, it sends the key's old receipt before the new one.
/// An old receipt must not settle anything.
/// </summary>
/// <param name="journal">Records the messages it received, and what an old receipt settled.</param>
/// <param name="queue">The queue.</param>
/// <param name="ports">The ports of the hosts.</param>
internal sealed class StaleConsumer(Journal journal, string queue, IReadOnlyList<int> ports)
{
    private const int Lease = 2;
    private const double Resends = 0.2;

    private readonly Journal.Page _page = journal.NewPage();
    private readonly Dictionary<long, (Entry Entry, string Receipt)> _settled = [];
    private readonly List<long> _ids = [];
    private int _unread;

    /// <summary>Gets how often no reply came in time.</summary>
    public int Unread => Volatile.Read(ref _unread);

    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new HostClient(ports);
        while (!stop.IsCancellationRequested)
        {
            var reply = await client.TryAskAsync($"GET /q/{queue}?wait=1&lease={Lease}");
            if (reply is { IsAway: true }) await Task.Delay(50, CancellationToken.None);
            if (reply is not { Status: 200 } taken) continue;
            using var document = JsonDocument.Parse(taken.Body);
            var message = ReceivedMessage.Of(document.RootElement);
            var receipt = document.RootElement.GetProperty("receipt").GetString()!;
            _page.Note(message);
            if (_settled.TryGetValue(message.Id, out var known) && known.Entry != message.Entry) await SendAgainAsync(client, message.Id);
            if (await client.TryAskAsync($"DELETE /q/{queue}/{receipt}") is { IsYes: true }) Keep(message, receipt);
            if (_ids.Count > 0 && Random.Shared.NextDouble() < Resends) await SendAgainAsync(client, _ids[Random.Shared.Next(_ids.Count)]);
        }
        Interlocked.Add(ref _unread, client.GivenUp);
    }

    private void Keep(ReceivedMessage message, string receipt)
    {
        if (_settled.TryAdd(message.Id, (message.Entry, receipt))) _ids.Add(message.Id);
    }

    private async Task SendAgainAsync(HostClient client, long id)
    {
        var (entry, receipt) = _settled[id];
        if (await client.TryAskAsync($"DELETE /q/{queue}/{receipt}") is { IsYes: true }) journal.AckedByOldReceipt(entry, id);
    }
}
