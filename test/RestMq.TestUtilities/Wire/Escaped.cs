using System.Globalization;
using System.Text;

namespace RestMq.TestUtilities.Wire;

/// <summary>
/// Converts text with escapes to bytes, and bytes to a line of text for messages. The escapes are
/// <c>\r \n \t \0 \\ \xHH</c>. All other text is UTF-8. <c>Show</c> never writes <c>\xHH</c>: bytes that are not UTF-8
/// become U+FFFD, so <c>Read</c> cannot restore them.
/// </summary>
public static class Escaped
{
    public static byte[] Read(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                var length = char.IsHighSurrogate(text[i]) ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }
            var escape = text[++i];
            bytes.Add(escape switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                't' => (byte)'\t',
                '0' => 0,
                '\\' => (byte)'\\',
                'x' => byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                _ => throw new FormatException(
                    $"An escape must be one of \\r \\n \\t \\0 \\\\ \\xHH, but was \\{escape} in: {text}"),
            });
            if (escape == 'x') i += 2;
        }
        return [.. bytes];
    }

    public static string Show(ReadOnlySpan<byte> bytes, int atMost = 2000)
    {
        var cut = bytes.Length > atMost;
        var text = Show(Encoding.UTF8.GetString(cut ? bytes[..atMost] : bytes));
        return cut ? $"{text}… ({bytes.Length} bytes)" : text;
    }

    public static string Show(string text) =>
        text.Replace("\\", "\\\\").Replace("\r", "\\r").Replace("\n", "\\n").Replace("\t", "\\t").Replace("\0", "\\0");
}
