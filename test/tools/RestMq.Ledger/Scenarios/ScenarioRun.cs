using System.Diagnostics;
using System.Text.Json;
using RestMq.Ledger.Clients;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs producers and consumers on one queue while something breaks, and then computes the result.</summary>
internal sealed class ScenarioRun(Site site, string queue)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Func<CancellationToken, Task>> _producers = [];
    private readonly List<Func<CancellationToken, Task>> _consumers = [];
    private readonly List<Func<int>> _unread = [];

    public Journal Journal { get; } = new();

    /// <summary>Adds four producers. Every second one insists.</summary>
    /// <param name="ports">The ports to use instead of the site's, such as that of a proxy.</param>
    /// <param name="rate">The highest rate of each producer, in messages per second.</param>
    /// <param name="large">The probability of a large message.</param>
    /// <param name="replicated">Whether every add must be on a replica before it is acknowledged.</param>
    public void AddProducers(IReadOnlyList<int>? ports = null, double rate = 250, double large = 0, bool replicated = false)
    {
        for (var i = 0; i < 4; i++)
        {
            var producer = new Producer(Journal, i, queue, ports ?? site.Ports, insists: i % 2 == 1, rate) { Large = large, Replicated = replicated };
            _producers.Add(producer.RunAsync);
        }
    }

    /// <param name="consumer">Consumes until it is told to stop.</param>
    /// <param name="unread">Returns the largest number of messages that were on their way to the consumer when it
    /// disconnected. Null when it does not disconnect.</param>
    public void AddConsumer(Func<CancellationToken, Task> consumer, Func<int>? unread = null)
    {
        _consumers.Add(consumer);
        if (unread is not null) _unread.Add(unread);
    }

    public void AddConsumer(Consumer consumer) => AddConsumer(consumer.RunAsync, () => consumer.Unread);

    /// <summary>Adds two consumers that lease, and two that take plainly.</summary>
    public void AddConsumers()
    {
        for (var i = 0; i < 4; i++) AddConsumer(new Consumer(Journal.NewPage().Note, queue, site.Ports, lease: i % 2 == 0 ? 2 : null));
    }

    /// <summary>
    /// Adds every kind of at-least-once consumer: two that lease, one that also sends old receipts, and two
    /// acknowledged streams. Plain takes are left out. When such a client gives up while its reply is on the way, the
    /// message is gone, which says nothing about the store.
    /// </summary>
    public void AddEveryConsumer()
    {
        for (var i = 0; i < 2; i++) AddConsumer(new Consumer(Journal.NewPage().Note, queue, site.Ports, lease: 2));
        var stale = new StaleConsumer(Journal, queue, site.Ports);
        AddConsumer(stale.RunAsync, () => stale.Unread);
        foreach (var transport in new[] { Transport.Lines, Transport.Socket })
            AddConsumer(new Listener(Journal.NewPage().Note, queue, transport, site.Ports, lease: 3).RunAsync);
    }

    /// <summary>Waits until 20 more adds have been acknowledged.</summary>
    public async Task AddsFlowAsync()
    {
        var (clock, before) = (Stopwatch.StartNew(), Journal.Added);
        while (Journal.Added < before + 20)
        {
            if (clock.Elapsed > Patience)
                throw new TimeoutException(
                    $"20 adds to {queue} must be acknowledged within {Patience.TotalSeconds} s, but {Journal.Added - before} were.");
            await Task.Delay(20);
        }
    }

    /// <summary>Changes the settings of the queue, with the form of <c>POST /p/{queue}</c>.</summary>
    public async Task SetAsync(string form)
    {
        using var client = new HostClient(site.Ports);
        await client.AskAsync($"POST /p/{queue}", form);
    }

    /// <summary>
    /// Runs all producers and consumers until <paramref name="faults"/> is over. Then waits until the queue is empty,
    /// and returns the result.
    /// </summary>
    /// <param name="name">The name of the row.</param>
    /// <param name="faults">Causes faults and repairs them. Its result is the number of faults.</param>
    /// <param name="everyone">Whether every consumer must receive every message.</param>
    public async Task<Row> RunAsync(string name, Task<int> faults, bool everyone = false)
    {
        // A high limit, so that repeated deliveries bury no message.
        await SetAsync("max_receives=1000");
        using var stop = new CancellationTokenSource();
        using var finish = new CancellationTokenSource();
        var consuming = Start(_consumers, finish.Token);
        Journal.BeginAdds();
        var producing = Start(_producers, stop.Token);
        Task[] working = [.. consuming, .. producing];
        // A producer or consumer that ends before it is told to has failed.
        await await Task.WhenAny([faults, .. working]);
        Journal.EndAdds();
        await stop.CancelAsync();
        await Task.WhenAll(producing);
        await await Task.WhenAny([EmptyAsync(), .. consuming]);
        await finish.CancelAsync();
        await Task.WhenAll(consuming);
        var broken = await faults;
        var unread = _unread.Sum(count => count()) + site.Hosts.Sum(host => host.Returned);
        return new Row(name, broken, Journal.Close(everyone), unread, Left: await site.Servers.LeftAsync(queue));
    }

    private static Task[] Start(List<Func<CancellationToken, Task>> workers, CancellationToken stop) => [.. workers.Select(work => Task.Run(() => work(stop), CancellationToken.None))];

    // Waits until the queue is empty and nothing has come for a second. A request that waits at a suspended host may
    // still add a message.
    private async Task EmptyAsync()
    {
        using var client = new HostClient(site.Ports);
        var (clock, delivered, quiet) = (Stopwatch.StartNew(), -1L, 0);
        while (quiet < 5)
        {
            using var stats = JsonDocument.Parse((await client.AskAsync($"GET /stats/{queue}")).Body);
            var kept = new[] { "ready", "leased", "delayed", "dead" }.Sum(place => stats.RootElement.GetProperty(place).GetInt64());
            if (Journal.Delivered != delivered) clock.Restart();
            else if (clock.Elapsed > Patience)
                throw new TimeoutException(
                    $"The queue must be empty at the end, but nothing is delivered any more: {stats.RootElement}");
            quiet = kept == 0 && Journal.Delivered == delivered ? quiet + 1 : 0;
            delivered = Journal.Delivered;
            await Task.Delay(200);
        }
    }
}
