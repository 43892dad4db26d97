using System.Globalization;
using RestMq.Ledger.Servers;

namespace RestMq.Ledger.Soak.Strangers;

/// <summary>
/// Runs honest and hostile clients together on one host with queues in memory, whose process may use 256 MiB. The honest
/// clients run alone first. Then the hostile clients join. The host must live, the honest clients must lose nothing, and
/// their latency may at most double.
/// </summary>
internal sealed class StrangersRun(TimeSpan time)
{
    private const int Pairs = 8;
    private const string Limit = "0x10000000"; // Bytes in hexadecimal, as the runtime reads it.

    // A shorter run has too few calls for a percentile.
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(5);

    // Half of a usual time slice, so that a quick machine is not judged by its scheduler.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(5);

    public async Task<bool> RunAsync()
    {
        await using var host = new HostProcess(
            "", "--RestMq:MaxQueuesPerCaller=1000", "--RestMq:StreamWriteTimeout=10", "--RestMq:SocketMessageTimeout=10", "--Site:MaxConnectionsPerAddress=200")
        {
            Environment = [$"DOTNET_GCHeapHardLimit={Limit}"],
        };
        await host.ComeBackAsync();
        var pairs = Enumerable.Range(0, Pairs).Select(n => new HonestPair(n, host.Port)).ToArray();
        using var end = new CancellationTokenSource();
        using var quiet = new CancellationTokenSource();
        var honest = pairs.Select(pair => Task.Run(() => pair.RunAsync(end.Token))).ToList();

        await PassAsync(time / 4, host, honest);
        var alone = Percentile(pairs);
        var hostile = HostileClient.All.Select((client, n) => new Attack(client, n, host.Port)).ToArray();
        var attacking = hostile.Select(attack => Task.Run(() => attack.RunAsync(quiet.Token))).ToList();
        await PassAsync(time * 3 / 4, host, [.. honest, .. attacking]);
        var disturbed = Percentile(pairs);

        await quiet.CancelAsync();
        await end.CancelAsync();
        await Task.WhenAll([.. honest, .. attacking]);
        return Judge(pairs, hostile, alone, disturbed);
    }

    // Ends early when the host or a client fails, and says which.
    private static async Task PassAsync(TimeSpan time, HostProcess host, IEnumerable<Task> clients)
    {
        var passing = Task.Delay(time);
        await await Task.WhenAny([passing, .. clients]);
        if (!passing.IsCompleted) throw new InvalidOperationException("A client must run until the end, but has ended.");
        if (!host.IsAlive) throw new InvalidOperationException($"The host must live, but has ended: {host.Output}");
    }

    private static TimeSpan Percentile(HonestPair[] pairs)
    {
        var all = pairs.SelectMany(pair => pair.TakeLatencies()).Order().ToArray();
        if (all.Length < 100) throw new InvalidOperationException($"The honest clients must make progress, but made {all.Length} calls.");
        return all[(int)(all.Length * 0.99)];
    }

    private bool Judge(HonestPair[] pairs, Attack[] hostile, TimeSpan alone, TimeSpan disturbed)
    {
        foreach (var attack in hostile) Console.WriteLine(attack);
        var (sent, lost, refused) = (pairs.Sum(pair => pair.Sent), pairs.Sum(pair => pair.Lost), pairs.Sum(pair => pair.Refused));
        var isQuick = disturbed <= (2 * alone) + Slack;
        var isJudged = time >= LongEnough;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Honest clients: {sent} messages, {lost} lost, {refused} refused for a while; p99 {alone.TotalMilliseconds:0.0} ms alone, "
            + $"{disturbed.TotalMilliseconds:0.0} ms among strangers ({(isJudged ? isQuick ? "at most twice" : "MORE THAN TWICE" : "too short a run to judge")})."));
        var kept = lost == 0 && (isQuick || !isJudged);
        Console.WriteLine(kept ? "All promises were kept." : "A promise was BROKEN.");
        return kept;
    }
}
