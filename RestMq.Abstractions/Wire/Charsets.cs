using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RestMq.Wire;

/// <summary>Reads the charset of a content type, and texts in every charset that .NET knows.</summary>
internal static class Charsets
{
    public const string Utf8 = "utf-8";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Returns where the value of the parameter <c>charset</c> is in a content type, without quotes. An empty range
    /// means that the type names no charset. Of several, the first counts, as in browsers.
    /// </summary>
    public static (int Start, int Length) Find(string contentType)
    {
        for (var at = contentType.IndexOf(';'); at >= 0;)
        {
            var rest = contentType.AsSpan(++at);
            var end = rest.IndexOfAny('=', ';');
            if (end < 0) break;
            var name = rest[..end].Trim();
            if (rest[end] == ';')
            {
                at += end;
                continue;
            }
            var (start, length, next) = Value(contentType, at + end + 1);
            if (name.Equals("charset", StringComparison.OrdinalIgnoreCase)) return (start, length);
            at = next;
        }
        return default;
    }

    /// <summary>Returns whether the name, which may be empty, means UTF-8.</summary>
    public static bool IsUtf8(ReadOnlySpan<char> name) =>
        name.IsEmpty || name.Equals(Utf8, StringComparison.OrdinalIgnoreCase) || name.Equals("utf8", StringComparison.OrdinalIgnoreCase)
        || name.Equals("unicode-1-1-utf-8", StringComparison.OrdinalIgnoreCase) || name.Equals("unicode-2-0-utf-8", StringComparison.OrdinalIgnoreCase)
        || name.Equals("x-unicode-1-1-utf-8", StringComparison.OrdinalIgnoreCase) || name.Equals("x-unicode-2-0-utf-8", StringComparison.OrdinalIgnoreCase)
        || name.Equals("csutf8", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Returns the encoding of a charset; null when .NET knows none. The encoding throws a
    /// <see cref="DecoderFallbackException"/> for bytes that are not in the charset.
    /// </summary>
    public static Encoding? Of(string name)
    {
        if (IsUtf8(name)) return Strict;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        // .NET knows UTF-7 and refuses it (NotSupportedException), because it is unsafe.
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Decodes a text, without the byte order mark.</summary>
    /// <param name="encoding">An encoding of <see cref="Of"/>. The mark of UTF-16 may name the other byte order.</param>
    /// <param name="bytes">The text.</param>
    /// <param name="text">The decoded text; null when the bytes are not in the charset.</param>
    public static bool TryDecode(Encoding encoding, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        if (encoding.CodePage == Encoding.Unicode.CodePage && bytes is [0xFE, 0xFF, ..])
            encoding = new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true);
        if (encoding.GetPreamble() is { Length: > 0 } mark && bytes.StartsWith(mark)) bytes = bytes[mark.Length..];
        else if (bytes is [0xEF, 0xBB, 0xBF, ..] && encoding.CodePage == Strict.CodePage) bytes = bytes[3..];
        try
        {
            text = encoding.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }

    /// <summary>Returns whether a text is Unicode: each surrogate is half of a pair.</summary>
    public static bool IsUnicode(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0; at = text.IndexOfAnyInRange('\ud800', '\udfff'))
        {
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return false;
            text = text[(at + 2)..];
        }
        return true;
    }

    /// <summary>Encodes a text as UTF-8; returns null when the text has half of a surrogate pair.</summary>
    public static byte[]? ToUtf8(string text)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    // Returns where a value is, without quotes and blanks, and the index of the next semicolon (-1 for none).
    private static (int Start, int Length, int Next) Value(string contentType, int start)
    {
        while (start < contentType.Length && contentType[start] == ' ') start++;
        var end = start;
        if (start < contentType.Length && contentType[start] is '"' or '\'')
        {
            var quote = contentType[start++];
            for (end = start; end < contentType.Length && contentType[end] != quote;) end += contentType[end] == '\\' ? 2 : 1;
            end = Math.Min(end, contentType.Length);
            return (start, end - start, contentType.IndexOf(';', end));
        }
        end = contentType.IndexOf(';', start);
        if (end < 0) end = contentType.Length;
        return (start, contentType.AsSpan(start, end - start).TrimEnd().Length, end < contentType.Length ? end : -1);
    }
}
