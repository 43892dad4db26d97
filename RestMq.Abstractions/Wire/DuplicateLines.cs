using System.Globalization;
using System.Text;

namespace RestMq.Wire;

/// <summary>
/// Writes and reads the header of an add that tells which of its messages an idempotency key recognised: their numbers,
/// from 1, as ranges (<c>1-2,5</c>). An add without duplicates has no such header.
/// </summary>
internal static class DuplicateLines
{
    public const string Header = "RestMQ-Duplicates";

    /// <summary>Returns the value of the header. Null when no message is a duplicate.</summary>
    public static string? Write(IReadOnlyList<AddResult> added)
    {
        StringBuilder? ranges = null;
        for (var i = 0; i < added.Count; i++)
        {
            if (added[i].Status != AddStatus.Duplicate) continue;
            var first = i + 1;
            while (i + 1 < added.Count && added[i + 1].Status == AddStatus.Duplicate) i++;
            ranges = (ranges?.Append(',') ?? new StringBuilder()).Append(CultureInfo.InvariantCulture, $"{first}");
            if (i + 1 > first) ranges.Append(CultureInfo.InvariantCulture, $"-{i + 1}");
        }
        return ranges?.ToString();
    }

    /// <summary>
    /// Returns for each message whether it is a duplicate. Numbers that are not of this add are ignored.
    /// </summary>
    /// <param name="header">The value of the header. Null when the reply has none.</param>
    /// <param name="count">The number of messages of the add.</param>
    public static bool[] Read(string? header, int count)
    {
        var duplicates = new bool[count];
        if (header is null) return duplicates;
        foreach (var range in header.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = range.IndexOf('-');
            if (!Number(dash < 0 ? range : range[..dash], out var first) || !Number(dash < 0 ? range : range[(dash + 1)..], out var last)) continue;
            for (var number = Math.Max(first, 1); number <= Math.Min(last, count); number++) duplicates[number - 1] = true;
        }
        return duplicates;
    }

    private static bool Number(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
