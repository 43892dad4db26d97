using RestMq.Ledger.Clients;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs consumers that die or disconnect.</summary>
internal static class ConsumerScenarios
{
    // Seconds.
    private const int Lease = 2;

    /// <summary>
    /// Runs consumers that disappear between a delivery and its ack. Of the consumers with leased takes, two are
    /// processes. Each process is killed after about a second, and another starts. Two clients reset their connection
    /// instead of sending one ack in ten. Six acknowledged streams end instead of sending one ack in fifty, and their
    /// consumers reconnect.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(2);
        var killing = Faults.NoneAsync(time);
        return await Task.WhenAll(KillConsumersAsync(site, killing), EndStreamsAsync(site, killing));
    }

    private static async Task<Row> KillConsumersAsync(Site site, Task<int> killing)
    {
        var run = new ScenarioRun(site, "vanished");
        run.AddProducers();
        var before = ConsumerProcess.Kills;
        for (var i = 0; i < 2; i++)
        {
            run.AddConsumer(new Consumer(run.Journal.NewPage().Note, "vanished", site.Ports, Lease) { Vanishes = 0.1 });
            run.AddConsumer(stop => ConsumerProcess.KeepKillingAsync(run.Journal, "vanished", Lease, site.Ports, stop));
        }
        var row = await run.RunAsync("consumer-kill, takes", killing);
        var kills = ConsumerProcess.Kills - before;
        // One message may have been on its way to each killed process.
        return row with { Faults = kills, Unread = row.Unread + kills };
    }

    private static async Task<Row> EndStreamsAsync(Site site, Task<int> killing)
    {
        var run = new ScenarioRun(site, "ended");
        run.AddProducers();
        var listeners = new List<Listener>();
        for (var i = 0; i < 6; i++)
        {
            var listener = new Listener(run.Journal.NewPage().Note, "ended", (Transport)(i % 3), site.Ports, lease: 3) { Vanishes = 0.02 };
            listeners.Add(listener);
            run.AddConsumer(listener.RunAsync, unread: () => listener.Unread);
        }
        var row = await run.RunAsync("consumer-kill, streams", killing);
        return row with { Faults = listeners.Sum(listener => listener.Returns) };
    }

    /// <summary>
    /// Runs clients that disconnect at a random byte of the reply, with leased and with plain takes. A message of a
    /// plain take is deleted once the operating system has taken the last byte of the reply. So each disconnect may
    /// lose one message, unless the message went back to the queue. Only further missing messages count as lost.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> AbortAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(2);
        var breaking = Faults.NoneAsync(time);
        return await Task.WhenAll(AbortAsync(site, "abort, leased", "leased", Lease, breaking), AbortAsync(site, "abort, plain", "plain", null, breaking));
    }

    private static async Task<Row> AbortAsync(Site site, string name, string queue, int? lease, Task<int> breaking)
    {
        var run = new ScenarioRun(site, queue);
        run.AddProducers(rate: 100, large: 0.02);
        var consumers = new List<Consumer>();
        for (var i = 0; i < 4; i++)
        {
            consumers.Add(new Consumer(run.Journal.NewPage().Note, queue, site.Ports, lease) { Aborts = 0.2 });
            run.AddConsumer(consumers[i]);
        }
        var row = await run.RunAsync(name, breaking);
        var cuts = consumers.Sum(consumer => consumer.Cuts);
        if (lease is not null) return row with { Faults = cuts };
        var missing = Math.Clamp(cuts - run.Journal.GivenBack(), 0, row.Tally.Lost);
        return row with { Faults = cuts, CutOff = missing, Tally = row.Tally with { Lost = row.Tally.Lost - missing } };
    }
}
