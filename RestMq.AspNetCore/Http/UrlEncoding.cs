using System.Buffers;
using System.Text.Unicode;

namespace RestMq.Http;

/// <summary>
/// <c>application/x-www-form-urlencoded</c>, bytes to bytes: the framework's reader goes by way of strings, and puts U+FFFD where bytes are
/// no UTF-8, so that a message would not come back as it was sent. A <c>%</c> that begins no escape stands for itself.
/// </summary>
internal static class UrlEncoding
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("%+"u8);

    /// <exception cref="FormatException">A name or a value is no UTF-8.</exception>
    public static void Split(ReadOnlyMemory<byte> form, List<Fields.Field> fields)
    {
        while (!form.IsEmpty)
        {
            var end = form.Span.IndexOf((byte)'&');
            var pair = end < 0 ? form : form[..end];
            form = end < 0 ? default : form[(end + 1)..];
            if (pair.IsEmpty) continue;
            Fields.CheckCount(fields);
            var equals = pair.Span.IndexOf((byte)'=');
            var (name, value) = equals < 0 ? (pair, default) : (pair[..equals], pair[(equals + 1)..]);
            fields.Add(new Fields.Field(Decode(name), Decode(value), null));
        }
    }

    private static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> text)
    {
        var decoded = text.Span.ContainsAny(Special) ? Unescape(text.Span) : text;
        return Utf8.IsValid(decoded.Span) ? decoded : throw new FormatException("A field holds bytes that are not UTF-8. Send bytes as the body itself, or as a multipart part with a type.");
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
