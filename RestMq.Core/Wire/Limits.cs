using System.Globalization;

namespace RestMq.Wire;

/// <summary>
/// The ranges of what senders may ask for, with a sentence when they ask for something else. This file is compiled into each assembly that
/// speaks the wire.
/// </summary>
/// <exception cref="FormatException">Thrown by every method here for a value out of range.</exception>
internal static class Limits
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static TimeSpan Wait(double seconds, RestMqOptions options) => Time("wait", seconds, TimeSpan.Zero, options.MaxWait);

    public static TimeSpan Lease(double seconds, RestMqOptions options) => Time("lease", seconds, Second, options.MaxLease);

    public static TimeSpan Delay(double seconds, RestMqOptions options, string name = "delay") => Time(name, seconds, TimeSpan.Zero, options.MaxDelay);

    public static TimeSpan TimeToLive(double seconds, RestMqOptions options) => Time("ttl", seconds, Second, options.MaxTimeToLive);

    public static int Batch(double count, RestMqOptions options) => (int)Whole("max", count, 1, options.MaxBatch);

    public static string IdempotencyKey(string id) =>
        id.Length is >= 1 and <= 200 ? id : throw new FormatException("'id' (or Idempotency-Key) has 1 to 200 characters.");

    public static string Reason(string reason) =>
        reason.Length is >= 1 and <= 200 ? reason : throw new FormatException("A reason to bury has 1 to 200 characters.");

    public static double Number(string name, string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{name}' is a number, not '{Shorten(text)}'.");

    public static long Whole(string name, double value, long least, long most) =>
        double.IsInteger(value) && value >= least && value <= most
            ? (long)value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{name}' is a whole number from {least} to {most}."));

    /// <summary>Enough of what was sent to recognise it by.</summary>
    public static string Shorten(string text) => Words.Shorten(text);

    public static TimeSpan Time(string name, double seconds, TimeSpan least, TimeSpan most) =>
        // Written so that NaN fails too.
        seconds >= least.TotalSeconds && seconds <= most.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"'{name}' is {least.TotalSeconds} to {most.TotalSeconds} seconds."));
}
