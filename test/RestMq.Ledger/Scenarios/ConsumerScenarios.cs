using RestMq.Ledger.Clients;

namespace RestMq.Ledger.Scenarios;

/// <summary>Runs consumers that die or disconnect.</summary>
internal static class ConsumerScenarios
{
    private const int Lease = 2;

    /// <summary>
    /// Runs consumers that disappear between a delivery and its ack. With leased takes, two processes are killed after
    /// about a second, and two clients reset their connection. With acknowledged streams, six consumers end their
    /// stream.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> KillAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(2);
        var killing = Faults.NoneAsync(time);
        return await Task.WhenAll(KillTakersAsync(site, killing), EndStreamsAsync(site, killing));
    }

    private static async Task<Row> KillTakersAsync(Site site, Task<int> killing)
    {
        var trial = new Trial(site, "vanished");
        trial.AddProducers();
        var before = ConsumerProcess.Kills;
        for (var i = 0; i < 2; i++)
        {
            trial.AddTaker(new Taker(trial.Journal.NewPage().Note, "vanished", site.Ports, Lease) { Vanishes = 0.1 });
            trial.AddConsumer(stop => ConsumerProcess.KeepKillingAsync(trial.Journal, "vanished", Lease, site.Ports, stop));
        }
        var row = await trial.RunAsync("consumer-kill, takes", killing);
        var kills = ConsumerProcess.Kills - before;
        return row with { Faults = kills, Unread = row.Unread + kills };
    }

    private static async Task<Row> EndStreamsAsync(Site site, Task<int> killing)
    {
        var trial = new Trial(site, "ended");
        trial.AddProducers();
        var listeners = new List<Listener>();
        for (var i = 0; i < 6; i++)
        {
            var listener = new Listener(trial.Journal.NewPage().Note, "ended", (Transport)(i % 3), site.Ports, lease: 3) { Vanishes = 0.02 };
            listeners.Add(listener);
            trial.AddConsumer(listener.RunAsync, unread: () => listener.Unread);
        }
        var row = await trial.RunAsync("consumer-kill, streams", killing);
        return row with { Faults = listeners.Sum(listener => listener.Returns) };
    }

    /// <summary>
    /// Runs clients that disconnect at a random byte of the reply, with leased and with plain takes. A message of a
    /// plain take is deleted once its last bytes are on the wire. So one message may be missing for each client that
    /// disconnected and gave nothing back, but no more.
    /// </summary>
    public static async Task<IReadOnlyList<Row>> AbortAsync(TimeSpan time)
    {
        await using var site = await Site.StartAsync(2);
        var breaking = Faults.NoneAsync(time);
        return await Task.WhenAll(AbortAsync(site, "abort, leased", "leased", Lease, breaking), AbortAsync(site, "abort, plain", "plain", null, breaking));
    }

    private static async Task<Row> AbortAsync(Site site, string name, string queue, int? lease, Task<int> breaking)
    {
        var trial = new Trial(site, queue);
        trial.AddProducers(rate: 100, large: 0.02);
        var takers = new List<Taker>();
        for (var i = 0; i < 4; i++)
        {
            takers.Add(new Taker(trial.Journal.NewPage().Note, queue, site.Ports, lease) { Aborts = 0.2 });
            trial.AddTaker(takers[i]);
        }
        var row = await trial.RunAsync(name, breaking);
        var cuts = takers.Sum(taker => taker.Cuts);
        if (lease is not null) return row with { Faults = cuts };
        var missing = Math.Min(row.Tally.Lost, cuts - trial.Journal.GivenBack());
        return row with { Faults = cuts, CutOff = missing, Tally = row.Tally with { Lost = row.Tally.Lost - missing } };
    }
}
