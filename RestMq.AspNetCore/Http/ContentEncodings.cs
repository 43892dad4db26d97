using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Specifies how a body is encoded for the way (RFC 9110, section 8.4.1).</summary>
internal enum ContentEncoding
{
    Identity,
    Gzip,
    Deflate,
    Brotli,
}

/// <summary>
/// Decodes the <c>Content-Encoding</c> of a body. The framework's <c>UseRequestDecompression()</c> is middleware of the
/// site, so mapped endpoints cannot rely on it, and it takes a body that was cut off for a whole one. A site may use it
/// too: it removes the header of a body that it decodes.
/// </summary>
internal static class ContentEncodings
{
    /// <summary>The encodings, for the header <c>Accept-Encoding</c> of a reply with 415.</summary>
    public const string Accepted = "gzip, deflate, br";

    // Bytes.
    private const int Step = 64 * 1024;

    // A second member of a gzip stream, with one block that is stored. The framework reports no error when a gzip stream
    // is cut off. Only of a whole stream is this member the end.
    private static readonly byte[] End = "RestMQ end mark."u8.ToArray();
    private static readonly byte[] EndMember = Gzip(End);

    /// <summary>Returns the encoding that the request names.</summary>
    /// <exception cref="Problem">415: the encoding is not supported.</exception>
    public static ContentEncoding Of(HttpRequest request)
    {
        var found = ContentEncoding.Identity;
        foreach (var name in request.Headers.ContentEncoding.ToString().Split(',', 8, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var next = name.ToLowerInvariant() switch
            {
                "identity" => ContentEncoding.Identity,
                "gzip" or "x-gzip" => ContentEncoding.Gzip,
                "deflate" => ContentEncoding.Deflate,
                "br" => ContentEncoding.Brotli,
                _ => throw Unsupported(name),
            };
            if (next == ContentEncoding.Identity) continue;
            if (found != ContentEncoding.Identity) throw Unsupported(request.Headers.ContentEncoding.ToString());
            found = next;
        }
        return found;
    }

    /// <summary>Returns the largest encoded body: bytes that cannot be compressed grow a little.</summary>
    public static int EncodedLimit(int limit) => (int)Math.Min((long)limit + (limit / 64) + 1024, Array.MaxLength);

    /// <summary>Decodes a body. Decoding stops at the limit, so that a small body cannot take much memory.</summary>
    /// <exception cref="Problem">413: the decoded body exceeds the limit.</exception>
    /// <exception cref="InvalidDataException">The body is not in the encoding, or was cut off.</exception>
    public static byte[] Decode(ContentEncoding encoding, byte[] body, int limit) => encoding switch
    {
        _ when body.Length == 0 => body, // Encoders of .NET write no bytes for no bytes.
        ContentEncoding.Gzip => OfGzip(body, limit),
        ContentEncoding.Deflate => OfDeflate(body, limit),
        ContentEncoding.Brotli => OfBrotli(body, limit),
        _ => body,
    };

    private static byte[] OfGzip(byte[] body, int limit)
    {
        using var gzip = new GZipStream(new MemoryStream([.. body, .. EndMember]), CompressionMode.Decompress);
        var decoded = Read(gzip, limit, End.Length);
        return decoded.AsSpan().EndsWith(End) ? decoded[..^End.Length] : throw CutOff();
    }

    private static byte[] OfDeflate(byte[] body, int limit)
    {
        using var source = new Source(body);
        // Some clients send the data without the header of zlib, whose two bytes are a multiple of 31.
        var isZlib = body is [var method, var flags, ..] && (method & 15) == 8 && ((method << 8) | flags) % 31 == 0;
        using Stream deflate = isZlib ? new ZLibStream(source, CompressionMode.Decompress) : new DeflateStream(source, CompressionMode.Decompress);
        var decoded = Read(deflate, limit, more: 0);
        return source.IsExhausted ? throw CutOff() : decoded;
    }

    private static byte[] OfBrotli(byte[] body, int limit)
    {
        using var decoder = new BrotliDecoder();
        var decoded = new ArrayBufferWriter<byte>();
        for (ReadOnlySpan<byte> rest = body; ;)
        {
            var status = decoder.Decompress(rest, decoded.GetSpan(Step), out var read, out var written);
            rest = rest[read..];
            decoded.Advance(written);
            if (decoded.WrittenCount > limit) throw Problem.BodyTooLarge(limit);
            switch (status)
            {
                case OperationStatus.Done when rest.IsEmpty: return decoded.WrittenSpan.ToArray();
                case OperationStatus.DestinationTooSmall: break;
                case OperationStatus.NeedMoreData: throw CutOff();
                default: throw new InvalidDataException("it is not Brotli.");
            }
        }
    }

    // `more` is the length of the mark at the end, which is no part of the body.
    private static byte[] Read(Stream stream, int limit, int more)
    {
        var decoded = new ArrayBufferWriter<byte>();
        for (int read; (read = stream.Read(decoded.GetSpan(Step))) > 0;)
        {
            decoded.Advance(read);
            if (decoded.WrittenCount - more > limit) throw Problem.BodyTooLarge(limit);
        }
        return decoded.WrittenSpan.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.NoCompression)) gzip.Write(bytes);
        return buffer.ToArray();
    }

    private static InvalidDataException CutOff() => new("it is cut off.");

    private static Problem Unsupported(string name) => Problem.UnsupportedEncoding(
        $"Content-Encoding must be one of {Accepted}, or absent, but was '{WireNames.Shorten(name)}'. Nothing was changed. "
        + "Send the body in one of them or as it is.");

    /// <summary>
    /// Reads bytes, and notes whether more were asked for than there are. A decoder asks so only when its data is cut
    /// off.
    /// </summary>
    private sealed class Source(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public bool IsExhausted { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            IsExhausted |= read == 0 && count > 0;
            return read;
        }
    }
}
