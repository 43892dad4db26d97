using System.Diagnostics;
using System.Text.Json;
using RestMq.Ledger.Clients;

namespace RestMq.Ledger.Scenarios;

/// <summary>
/// One queue under faults: producers and consumers at work while something breaks, then the reckoning.
/// </summary>
internal sealed class Trial(Site site, string queue)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Func<CancellationToken, Task>> _producers = [];
    private readonly List<Func<CancellationToken, Task>> _consumers = [];
    private readonly List<Func<int>> _unread = [];

    public Book Book { get; } = new();

    /// <summary>Four producers, of whom every other insists.</summary>
    /// <param name="ports">Another way to the daemons than straight.</param>
    /// <param name="rate">Messages a second of each, at most.</param>
    /// <param name="large">How often a message is large.</param>
    /// <param name="replicated">Whether every add has to be on a replica before it is answered.</param>
    public void AddProducers(IReadOnlyList<int>? ports = null, double rate = 250, double large = 0, bool replicated = false)
    {
        for (var i = 0; i < 4; i++)
        {
            var producer = new Producer(Book, i, queue, ports ?? site.Ports, insists: i % 2 == 1, rate) { Large = large, Replicated = replicated };
            _producers.Add(producer.RunAsync);
        }
    }

    /// <param name="consumer">Consumes until it is told to stop.</param>
    /// <param name="unread">How many messages were on their way to it, at most, when it broke off; null when it does
    /// not.</param>
    public void AddConsumer(Func<CancellationToken, Task> consumer, Func<int>? unread = null)
    {
        _consumers.Add(consumer);
        if (unread is not null) _unread.Add(unread);
    }

    public void AddTaker(Taker taker) => AddConsumer(taker.RunAsync, () => taker.Unread);

    /// <summary>Two consumers that lease, and two that take plainly.</summary>
    public void AddTakers()
    {
        for (var i = 0; i < 4; i++) AddTaker(new Taker(Book.NewPage().Note, queue, site.Ports, lease: i % 2 == 0 ? 2 : null));
    }

    /// <summary>
    /// Every way to consume at least once: two takers that lease, one that sends old receipts too, and two acknowledged
    /// streams. A plain take whose client gives up while its answer is on the way is gone, and would tell nothing of
    /// the store.
    /// </summary>
    public void AddEveryConsumer()
    {
        for (var i = 0; i < 2; i++) AddTaker(new Taker(Book.NewPage().Note, queue, site.Ports, lease: 2));
        var stale = new StaleConsumer(Book, queue, site.Ports);
        AddConsumer(stale.RunAsync, () => stale.Unread);
        foreach (var transport in new[] { Transport.Lines, Transport.Socket })
            AddConsumer(new Listener(Book.NewPage().Note, queue, transport, site.Ports, lease: 3).RunAsync);
    }

    /// <summary>Waits until some more adds have been acknowledged.</summary>
    public async Task AddsFlowAsync()
    {
        var (clock, before) = (Stopwatch.StartNew(), Book.Added);
        while (Book.Added < before + 20)
        {
            if (clock.Elapsed > Patience) throw new TimeoutException($"Adds to {queue} are not acknowledged: {Book.Added - before} within {Patience.TotalSeconds} s.");
            await Task.Delay(20);
        }
    }

    /// <summary>Sets the queue, in the form of <c>POST /p/{queue}</c>.</summary>
    public async Task SetAsync(string form)
    {
        using var line = new Line(site.Ports);
        await line.AskAsync($"POST /p/{queue}", form);
    }

    /// <summary>
    /// Lets everybody work until <paramref name="faults"/> is over, then waits until the queue is empty, and reckons
    /// up.
    /// </summary>
    /// <param name="name">The scenario.</param>
    /// <param name="faults">Breaks things and mends them again; says how often it did.</param>
    /// <param name="everyone">Whether every consumer should get every message.</param>
    public async Task<Row> RunAsync(string name, Task<int> faults, bool everyone = false)
    {
        // No message is buried here for having been handed out often.
        await SetAsync("max_receives=1000");
        using var stop = new CancellationTokenSource();
        using var finish = new CancellationTokenSource();
        var consuming = Start(_consumers, finish.Token);
        Book.BeginAdds();
        var producing = Start(_producers, stop.Token);
        Task[] working = [.. consuming, .. producing];
        // None of them ends before it is told to, unless it fails.
        await await Task.WhenAny([faults, .. working]);
        Book.EndAdds();
        await stop.CancelAsync();
        await Task.WhenAll(producing);
        await await Task.WhenAny([EmptyAsync(), .. consuming]);
        await finish.CancelAsync();
        await Task.WhenAll(consuming);
        var broken = await faults;
        var unread = _unread.Sum(count => count()) + site.Daemons.Sum(daemon => daemon.Returned);
        return new Row(name, broken, Book.Close(everyone), unread, Left: await site.Servers.LeftAsync(queue));
    }

    private static Task[] Start(List<Func<CancellationToken, Task>> workers, CancellationToken stop) => [.. workers.Select(work => Task.Run(() => work(stop), CancellationToken.None))];

    // Until there is nothing in the queue and nothing has come for a second: a request that lay with a stopped daemon
    // may still add.
    private async Task EmptyAsync()
    {
        using var line = new Line(site.Ports);
        var (clock, delivered, quiet) = (Stopwatch.StartNew(), -1L, 0);
        while (quiet < 5)
        {
            using var stats = JsonDocument.Parse((await line.AskAsync($"GET /stats/{queue}")).Body);
            var kept = new[] { "ready", "leased", "delayed", "dead" }.Sum(place => stats.RootElement.GetProperty(place).GetInt64());
            if (Book.Delivered != delivered) clock.Restart();
            else if (clock.Elapsed > Patience) throw new TimeoutException($"Nothing comes any more, and the queue is not empty: {stats.RootElement}");
            quiet = kept == 0 && Book.Delivered == delivered ? quiet + 1 : 0;
            delivered = Book.Delivered;
            await Task.Delay(200);
        }
    }
}
