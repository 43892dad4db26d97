using System.Globalization;

namespace RestMq.Ledger.Soak;

/// <summary>The state of things at one time.</summary>
/// <param name="Minute">Since the traffic began.</param>
/// <param name="Streams">Live consumers, as the host counts them.</param>
/// <param name="Sent">Messages sent a second, since the sample before.</param>
/// <param name="Delivered">Deliveries a second.</param>
/// <param name="InFlight">Messages that are ready, leased or delayed.</param>
/// <param name="Host">The host's working set, in MiB.</param>
/// <param name="Heap">The host's managed heap as its last collection left it, in MiB.</param>
/// <param name="Redis">What Redis says it uses, in MiB.</param>
/// <param name="Keys">How many keys Redis has.</param>
internal sealed record Sample(
    double Minute, long Streams, double Sent, double Delivered, long InFlight, double Host, double Heap, double Redis, long Keys)
{
    /// <summary>How much larger than before is still the same.</summary>
    public const double Tolerance = 1.10;

    public static string Header =>
        "| minute | streams | sent/s | delivered/s | in flight | host MiB | heap MiB | Redis MiB | keys |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Minute:0.#} | {Streams} | {Sent:0} | {Delivered:0} | {InFlight} | {Host:0.0} | {Heap:0.0} | {Redis:0.00} | {Keys} |");

    /// <summary>Whether memory is flat: no median of the last quarter of the time is more than a tenth above that of the second quarter.</summary>
    /// <param name="samples">In order.</param>
    /// <param name="verdict">The numbers, in words.</param>
    public static bool IsFlat(IReadOnlyList<Sample> samples, out string verdict)
    {
        (string Name, Func<Sample, double> Of)[] measures =
            [("host", sample => sample.Host), ("Redis", sample => sample.Redis), ("keys", sample => sample.Keys)];
        var quarter = samples.Count / 4;
        var found = measures.Select(measure =>
            (measure.Name, Second: Median(samples.Skip(quarter).Take(quarter), measure.Of), Last: Median(samples.TakeLast(quarter), measure.Of))).ToList();
        verdict = string.Join(", ", found.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} {m.Second:0.00} → {m.Last:0.00} ({(m.Last / m.Second) - 1:+0.0%;-0.0%})")));
        return found.TrueForAll(m => m.Last <= m.Second * Tolerance);
    }

    private static double Median(IEnumerable<Sample> samples, Func<Sample, double> of)
    {
        double[] sorted = [.. samples.Select(of).Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
