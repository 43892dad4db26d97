using System.Globalization;

namespace RestMq.Wire;

/// <summary>
/// Checks the ranges of values that senders ask for. Every method throws a <see cref="FormatException"/> with a
/// sentence for the sender when the value is out of range.
/// </summary>
internal static class RequestLimits
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static TimeSpan Wait(double seconds, RestMqOptions options) => Time("wait", seconds, TimeSpan.Zero, options.MaxWait);

    public static TimeSpan Lease(double seconds, RestMqOptions options) => Time("lease", seconds, Second, options.MaxLease);

    public static TimeSpan Delay(double seconds, RestMqOptions options, string name = "delay") => Time(name, seconds, TimeSpan.Zero, options.MaxDelay);

    public static TimeSpan TimeToLive(double seconds, RestMqOptions options) => Time("ttl", seconds, Second, options.MaxTimeToLive);

    public static TimeSpan IdempotencyWindow(double seconds, RestMqOptions options) => Time("id_ttl", seconds, Second, options.MaxIdempotencyWindow);

    public static int Batch(double count, RestMqOptions options) => (int)Whole("max", count, 1, options.MaxBatch);

    public static string IdempotencyKey(string id) =>
        id.Length is >= 1 and <= 200
            ? Unicode(id, "'id' (or Idempotency-Key)")
            : throw new FormatException(
                $"'id' (or Idempotency-Key) must have 1 to 200 characters, but has {id.Length}.");

    public static string Reason(string reason) =>
        reason.Length is >= 1 and <= 200
            ? Unicode(reason, "The reason of a bury")
            : throw new FormatException(
                $"The reason of a bury must have 1 to 200 characters, but has {reason.Length}.");

    private static string Unicode(string text, string what) => Charsets.IsUnicode(text)
        ? text
        : throw new FormatException($"{what} must be valid Unicode, but contains half of a surrogate pair.");

    public static double Number(string name, string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{name}' must be a number, but was '{WireNames.Shorten(text)}'.");

    public static long Whole(string name, double value, long least, long most) =>
        double.IsInteger(value) && value >= least && value <= most
            ? (long)value
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{name}' must be a whole number from {least} to {most}, but was {value}."));

    public static TimeSpan Time(string name, double seconds, TimeSpan least, TimeSpan most) =>
        // NaN fails both comparisons, and so throws too.
        seconds >= least.TotalSeconds && seconds <= most.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{name}' must be between {least.TotalSeconds} and {most.TotalSeconds} seconds, but was {seconds}."));
}
