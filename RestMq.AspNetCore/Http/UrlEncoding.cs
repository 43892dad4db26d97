using System.Buffers;
using System.Text.Unicode;

namespace RestMq.Http;

/// <summary>
/// Decodes <c>application/x-www-form-urlencoded</c> from bytes to bytes. The framework's reader decodes to strings and
/// replaces bytes that are not UTF-8 with U+FFFD, which would change the message. A <c>%</c> that does not begin an
/// escape stays a percent sign.
/// </summary>
internal static class UrlEncoding
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("%+"u8);

    /// <summary>Adds the fields of a form or query string to a list.</summary>
    /// <exception cref="FormatException">A name or a value is not UTF-8.</exception>
    public static void Split(ReadOnlyMemory<byte> form, List<Fields.Field> fields)
    {
        while (!form.IsEmpty)
        {
            var end = form.Span.IndexOf((byte)'&');
            var pair = end < 0 ? form : form[..end];
            form = end < 0 ? default : form[(end + 1)..];
            if (pair.IsEmpty) continue;
            Fields.CheckCount(fields.Count);
            var equals = pair.Span.IndexOf((byte)'=');
            var (name, value) = equals < 0 ? (pair, default) : (pair[..equals], pair[(equals + 1)..]);
            fields.Add(new Fields.Field(Decode(name), Decode(value), null));
        }
    }

    private static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> text)
    {
        var decoded = text.Span.ContainsAny(Special) ? Unescape(text.Span) : text;
        return Utf8.IsValid(decoded.Span)
            ? decoded
            : throw new FormatException(
                "A field of a form or query must be UTF-8, but one has bytes that are not. Send bytes as the body "
                + "itself, or as a file of a multipart form.");
    }

    private static ReadOnlyMemory<byte> Unescape(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b == '+')
            {
                b = (byte)' ';
            }
            else if (b == '%' && i + 2 < text.Length && Convert.FromHexString(text.Slice(i + 1, 2), bytes.AsSpan(length), out _, out _) == OperationStatus.Done)
            {
                b = bytes[length];
                i += 2;
            }
            bytes[length++] = b;
        }
        return bytes.AsMemory(0, length);
    }
}
