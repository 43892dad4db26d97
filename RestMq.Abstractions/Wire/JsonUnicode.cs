using System.Globalization;

namespace RestMq.Wire;

/// <summary>
/// Checks that JSON is Unicode. The grammar of JSON allows an escape for half of a surrogate pair, such as
/// <c>"\ud83d"</c>. No reader can decode it to text, so a message with it would break its consumers.
/// </summary>
internal static class JsonUnicode
{
    public const string Rule = "JSON must be valid Unicode, but contains half of a surrogate pair, such as \\ud83d alone.";

    // Bytes of an escape such as \ud83d.
    private const int Escape = 6;

    /// <summary>Returns the bytes without the byte order mark that some programs write before UTF-8.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> utf8) =>
        utf8.Span is [0xEF, 0xBB, 0xBF, ..] ? utf8[3..] : utf8;

    /// <summary>Returns whether an escape stands for half of a surrogate pair, in a string or in a name.</summary>
    /// <param name="json">Valid JSON, in which a backslash can only be within a string.</param>
    public static bool HasHalfPair(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0) return false;
        for (var at = json.IndexOf((byte)'\\'); at >= 0; at = json.IndexOf((byte)'\\'))
        {
            json = json[at..];
            var unit = UnitAt(json);
            if (char.IsLowSurrogate(unit)) return true;
            if (char.IsHighSurrogate(unit))
            {
                if (!char.IsLowSurrogate(UnitAt(json[Escape..]))) return true;
                json = json[Escape..];
            }
            json = json[Math.Min(json.Length, unit == 0 ? 2 : Escape)..];
        }
        return false;
    }

    // Returns 0 when the bytes do not begin with an escape of a code unit.
    private static char UnitAt(ReadOnlySpan<byte> json) =>
        json is [(byte)'\\', (byte)'u', ..] && json.Length >= Escape
            && ushort.TryParse(json[2..Escape], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';
}
