using System.Globalization;

namespace RestMq.Settings;

/// <summary>Reads a time from the text of a setting. All sections of the configuration use this one reader.</summary>
internal static class TimeText
{
    /// <summary>Holds the accepted forms, for a message that says what a setting must be.</summary>
    public const string Form = "a time in seconds (30) or as hh:mm:ss (00:00:30)";

    /// <summary>
    /// Reads a number of seconds, or a time with colons. A bare number means seconds, as on the wire.
    /// <see cref="TimeSpan.Parse(string)"/> would read it as days, and would read <c>24:00:00</c> as 24 days.
    /// </summary>
    public static bool TryParse(string? text, out TimeSpan time)
    {
        time = default;
        if (text is null || text.AsSpan().ContainsAny(" \t\r\n")) return false;
        if (text.Contains(':')) return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out time);
        const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        // Half of the greatest TimeSpan, because a double next to the greatest one would overflow. This also excludes
        // NaN and infinity.
        if (!double.TryParse(text, Number, CultureInfo.InvariantCulture, out var seconds) || !(Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2)) return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
