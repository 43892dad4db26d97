using System.Globalization;

namespace RestMq.Ledger.Soak;

/// <summary>Holds the state of the host and of Redis at one time.</summary>
/// <param name="Minute">Minutes since the traffic began.</param>
/// <param name="Streams">Live consumers, as the host counts them.</param>
/// <param name="Sent">Messages sent per second, since the previous sample.</param>
/// <param name="Delivered">Deliveries per second, since the previous sample.</param>
/// <param name="InFlight">Messages that are ready, in flight or delayed.</param>
/// <param name="Host">The host's working set, in MiB.</param>
/// <param name="Heap">The host's managed heap after its last collection, in MiB.</param>
/// <param name="Redis">The memory that Redis reports as <c>used_memory</c>, in MiB.</param>
/// <param name="Keys">The number of keys in Redis.</param>
internal sealed record Sample(
    double Minute, long Streams, double Sent, double Delivered, long InFlight, double Host, double Heap, double Redis, long Keys)
{
    /// <summary>The factor by which a value may grow and still counts as flat.</summary>
    public const double Tolerance = 1.10;

    public static string Header =>
        "| minute | streams | sent/s | delivered/s | in flight | host MiB | heap MiB | Redis MiB | keys |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Minute:0.#} | {Streams} | {Sent:0} | {Delivered:0} | {InFlight} | {Host:0.0} | {Heap:0.0} | {Redis:0.00} | {Keys} |");

    /// <summary>
    /// Returns whether memory is flat. No median of the last quarter of the time may be more than a tenth above that of
    /// the second quarter.
    /// </summary>
    /// <param name="samples">The samples, in order.</param>
    /// <param name="verdict">The medians, as text.</param>
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
