using System.Text;
using System.Text.RegularExpressions;
using RestMq.Wire;

namespace RestMq.XmlRpc;

/// <summary>
/// Decodes documents. The charset is that of the byte order mark, else that of the Content-Type, else the declared one
/// (RFC 7303, section 3). Without any of them it is UTF-8, or UTF-16 when the first character shows it.
/// </summary>
internal static partial class XmlRpcCharset
{
    // Bytes. XML declarations are shorter.
    private const int LongestDeclaration = 200;

    /// <summary>Decodes a document.</summary>
    /// <exception cref="FormatException">The charset is not known, or the document has bytes that are not in
    /// it.</exception>
    public static string Decode(ReadOnlySpan<byte> document, string? contentType)
    {
        var name = OfMark(document) ?? OfContentType(contentType) ?? OfFirstCharacter(document) ?? OfDeclaration(document) ?? Charsets.Utf8;
        if (Charsets.Of(name) is not { } encoding)
            throw new FormatException($"the charset of the document must be a known one, such as utf-8, but is '{WireNames.Shorten(name)}'");
        return Charsets.TryDecode(encoding, document, out var text)
            ? text
            : throw new FormatException($"the document must be text in its charset, but has bytes that are not {WireNames.Shorten(name)}");
    }

    private static string? OfMark(ReadOnlySpan<byte> document) => document switch
    {
        [0xEF, 0xBB, 0xBF, ..] => Charsets.Utf8,
        [0xFF, 0xFE, 0, 0, ..] => "utf-32",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "utf-16",
        _ => null,
    };

    private static string? OfContentType(string? contentType)
    {
        if (contentType is null) return null;
        var (start, length) = Charsets.Find(contentType);
        return length == 0 ? null : contentType.Substring(start, length);
    }

    private static string? OfFirstCharacter(ReadOnlySpan<byte> document) => document switch
    {
        [(byte)'<', 0, ..] => "utf-16le",
        [0, (byte)'<', ..] => "utf-16be",
        _ => null,
    };

    private static string? OfDeclaration(ReadOnlySpan<byte> document)
    {
        if (!document.StartsWith("<?xml"u8)) return null;
        var start = Encoding.Latin1.GetString(document[..Math.Min(document.Length, LongestDeclaration)]);
        return Declared().Match(start) is { Success: true } found ? found.Groups[1].Value : null;
    }

    [GeneratedRegex("""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""", RegexOptions.CultureInvariant)]
    private static partial Regex Declared();
}
