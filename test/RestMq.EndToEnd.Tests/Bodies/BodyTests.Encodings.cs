using System.IO.Compression;
using System.Text;

namespace RestMq.EndToEnd.Bodies;

/// <summary>Tests encoded bodies, charsets and the parts of multipart forms.</summary>
public abstract partial class BodyTests
{
    private static readonly Dictionary<string, Func<byte[], byte[]>> Encoders = new()
    {
        ["gzip"] = bytes => Encode(bytes, to => new GZipStream(to, CompressionLevel.Optimal)),
        ["x-gzip"] = bytes => Encode(bytes, to => new GZipStream(to, CompressionLevel.NoCompression)),
        ["GZIP"] = bytes => [.. Encode(bytes[..(bytes.Length / 2)], to => new GZipStream(to, CompressionLevel.Fastest)), .. Encode(bytes[(bytes.Length / 2)..], to => new GZipStream(to, CompressionLevel.Fastest))],
        ["deflate"] = bytes => Encode(bytes, to => new ZLibStream(to, CompressionLevel.Optimal)),
        ["Deflate"] = bytes => Encode(bytes, to => new DeflateStream(to, CompressionLevel.Optimal)),
        ["br"] = bytes => Encode(bytes, to => new BrotliStream(to, CompressionLevel.Optimal)),
        ["identity, br"] = bytes => Encode(bytes, to => new BrotliStream(to, CompressionLevel.Fastest)),
        ["identity"] = bytes => bytes,
    };

    public static TheoryData<string, string> EncodedDoors()
    {
        var data = new TheoryData<string, string>();
        foreach (var door in HttpDoors())
        {
            foreach (var encoding in Encoders.Keys) data.Add(door.Name, encoding);
        }
        return data;
    }

    public static TheoryData<string> BodyDoors() => [.. HttpDoors().Select(door => door.Name)];

    public static TheoryData<string, string> Truncations()
    {
        var data = new TheoryData<string, string>();
        foreach (var encoding in Encoders.Keys.Where(name => name != "identity"))
        {
            foreach (var content in new[] { "compressible", "random" }) data.Add(encoding, content);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(EncodedDoors))]
    public async Task Add_EncodedBody_IsDecoded(string door, string encoding)
    {
        var queue = Host.NextQueue("encoded");
        var text = new string('x', 70_000);
        var content = Encoding.ASCII.GetBytes(DoorOf(door).Takes == Takes.Text ? text : $"\"{text}\"");
        (await DoorOf(door).SendAsync(Host, queue, content, Encoders[encoding], $"Content-Encoding: {encoding}")).IsAdded();
        (await Host.TakeValueAsync(queue)).Should().Be(text);
    }

    [Theory]
    [MemberData(nameof(BodyDoors))]
    public async Task Add_UnknownEncoding_Returns415(string door)
    {
        foreach (var encoding in new[] { "zstd", "compress", "gzip, br", "gzip;q=1" })
        {
            var queue = Host.NextQueue("encoded");
            var reply = await DoorOf(door).SendAsync(Host, queue, "1"u8.ToArray(), null, $"Content-Encoding: {encoding}");
            (reply.Status, reply.AcceptEncoding).Should().Be((415, "gzip, deflate, br"), reply.Text);
            (await Host.QueuesAsync()).Should().NotContain(queue);
        }
    }

    [Theory]
    [MemberData(nameof(BodyDoors))]
    public async Task Add_Bomb_Returns413(string door)
    {
        foreach (var encoding in new[] { "gzip", "deflate", "br" })
        {
            var queue = Host.NextQueue("bomb");
            var bomb = Encoders[encoding](new byte[64 * 1024 * 1024]);
            var reply = await DoorOf(door).SendAsync(Host, queue, [], _ => bomb, $"Content-Encoding: {encoding}");
            reply.Status.Should().Be(413, reply.Text);
            (await Host.QueuesAsync()).Should().NotContain(queue);
        }
    }

    [Theory]
    [MemberData(nameof(Truncations))]
    public async Task Add_EncodedBodyCutOff_Returns400(string encoding, string content)
    {
        var queue = Host.NextQueue("cut");
        var bytes = content == "random" ? RandomBytes(3000) : Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i % 7}\n")));
        var whole = Encoders[encoding](bytes);
        int[] lengths = [1, 2, 9, whole.Length / 2, whole.Length - 9, whole.Length - 5, whole.Length - 4, whole.Length - 1];
        foreach (var length in lengths.Where(length => length < whole.Length).Distinct())
        {
            // Where a body of two members ends after the first, nothing shows that it is cut off.
            var reply = await Host.AskAsync($"POST /q/{queue}", whole[..length], "Content-Type: image/png", $"Content-Encoding: {encoding}");
            reply.Status.Should().Be(400, $"{length} of {whole.Length} bytes were sent");
        }
        await Host.IsEmptyAsync(queue);
        (await Host.AskAsync($"POST /q/{queue}", whole, "Content-Type: image/png", $"Content-Encoding: {encoding}")).Is(200);
        (await Host.AskAsync($"GET /q/{queue}?format=raw")).Is(200).Body.Should().Equal(bytes);
    }

    [Theory]
    [InlineData(1024 * 1024, 200)]
    [InlineData((1024 * 1024) + 1, 413)]
    public async Task Add_EncodedBodyAtLimit_CountsDecodedBytes(int size, int status)
    {
        foreach (var encoding in new[] { "gzip", "deflate", "br" })
        {
            var queue = Host.NextQueue("limit");
            var body = Encoders[encoding](RandomBytes(size));
            (await Host.AskAsync($"POST /q/{queue}", body, "Content-Type: image/png", $"Content-Encoding: {encoding}")).Is(status);
        }
    }

    [Theory]
    [InlineData("text/plain; charset=utf8", "h\xC3\xA9", "text/plain; charset=utf8", "hé")]
    [InlineData("text/plain; charset=\"utf-8\"", "h\xC3\xA9", "text/plain; charset=\"utf-8\"", "hé")]
    [InlineData("text/plain; charset=", "h\xC3\xA9", "text/plain; charset=", "hé")]
    [InlineData("text/plain; format=flowed", "h\xC3\xA9", "text/plain; format=flowed", "hé")]
    [InlineData("text/plain; charset=ISO-8859-1", "ascii", "text/plain; charset=utf-8", "ascii")]
    [InlineData("text/csv; charset=ISO-8859-1; header=present", "h\xE9", "text/csv; charset=utf-8; header=present", "hé")]
    [InlineData("text/plain; charset=windows-1251", "\xE4\xE0", "text/plain; charset=utf-8", "да")]
    public async Task Add_TextInCharset_IsText(string type, string bytes, string kept, string text)
    {
        foreach (var isPart in new[] { false, true })
        {
            var queue = Host.NextQueue("charset");
            var body = Encoding.Latin1.GetBytes(bytes);
            for (var i = 0; i < 2; i++)
                (await Host.AskAsync($"POST /q/{queue}", isPart ? Door.Part("value", body, type) : body, $"Content-Type: {(isPart ? "multipart/form-data; boundary=xXx" : type)}")).Is(200);
            var message = await Host.TakeAsync(queue);
            (message.Text("value"), message.Text("type"), message.TryGetProperty("encoding", out _)).Should().Be((text, kept, false));
            var raw = await Host.AskAsync($"GET /q/{queue}?format=raw");
            (raw.Is(200).Text, raw.Header("Content-Type")).Should().Be((text, kept));
        }
    }

    [Theory]
    [InlineData("; filename=\"x.bin\"", null, "application/octet-stream")]
    [InlineData("; filename*=UTF-8''x.bin", null, "application/octet-stream")]
    [InlineData("; filename=\"\"", null, "application/octet-stream")]
    [InlineData("; filename=\"x.bin\"", "image/png", "image/png")]
    [InlineData("", "image/png", "image/png")]
    public async Task Add_FilePart_IsBytes(string more, string? type, string kept)
    {
        foreach (var bytes in new[] { new byte[] { 0xFF, 0, 0xFE }, "text"u8.ToArray() })
        {
            var queue = Host.NextQueue("file");
            (await Host.AskAsync($"POST /q/{queue}", Door.Part("value", bytes, type, more), "Content-Type: multipart/form-data; boundary=xXx")).Is(200);
            var message = await Host.TakeAsync(queue);
            (message.Text("value"), message.Text("encoding"), message.Text("type")).Should().Be((Convert.ToBase64String(bytes), "base64", kept));
        }
    }

    [Theory]
    [InlineData("; filename=\"x.bin\"", null)]
    [InlineData("; filename=\"x.bin\"", "image/png")]
    [InlineData("", "image/png")]
    [InlineData("", null)]
    public async Task Add_OtherPartBesideMessage_IsIgnored(string more, string? type)
    {
        var queue = Host.NextQueue("beside");
        var other = Door.Part("other", [0xFF, 0, 0xFE], type, more);
        byte[] body = [.. other.AsSpan(0, other.Length - "--xXx--\r\n".Length), .. Door.Part("value", "kept"u8.ToArray())];
        (await Host.AskAsync($"POST /q/{queue}", body, "Content-Type: multipart/form-data; boundary=xXx")).Is(200);
        (await Host.TakeValueAsync(queue)).Should().Be("kept");
    }

    private static IEnumerable<Door> HttpDoors() => Door.All.Where(door => door.Request is not null && door.Name != "query");

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Encode(byte[] bytes, Func<Stream, Stream> encoder)
    {
        using var encoded = new MemoryStream();
        using (var stream = encoder(encoded)) stream.Write(bytes);
        return encoded.ToArray();
    }
}
