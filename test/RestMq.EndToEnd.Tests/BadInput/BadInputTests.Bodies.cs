using System.Text;

namespace RestMq.EndToEnd.BadInput;

/// <summary>Tests invalid bodies, and bytes that are not HTTP.</summary>
public abstract partial class BadInputTests
{
    [Theory]
    [InlineData("{bad", Json)]
    [InlineData("", Json)]
    [InlineData("1 2", Json)]
    [InlineData("{\"a\":\"\u0001\"}", Json)]
    [InlineData("1\nnope\n", "Content-Type: application/x-ndjson")]
    [InlineData("\n\n", "Content-Type: application/x-ndjson")]
    [InlineData("x", "Content-Type: multipart/form-data")]
    [InlineData("x", "Content-Type: multipart/form-data; boundary=b")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nx", "Content-Type: multipart/form-data; boundary=b")]
    public Task Add_BodyContradictsContentType_Returns400(string body, string contentType) =>
        ChangesNothingAsync(async queue => (await Host.AskAsync($"POST /q/{queue}", body, contentType)).IsProblem(400, "bad-request"));

    [Fact]
    public Task Add_JsonBodyNotUtf8_Returns400() =>
        ChangesNothingAsync(async queue => (await Host.AskAsync($"POST /q/{queue}", [(byte)'"', 0xff, (byte)'"'], Json)).IsProblem(400, "bad-request"));

    [Fact]
    public Task Add_TooManyLines_Returns400() =>
        ChangesNothingAsync(async queue =>
            (await Host.AskAsync($"POST /q/{queue}", string.Concat(Enumerable.Repeat("1\n", 1001)), "Content-Type: application/x-ndjson")).IsProblem(400, "bad-request"));

    [Theory]
    [InlineData("raw", 1024 * 1024 + 1)]
    [InlineData("form", 1024 * 1024 + 1)]
    [InlineData("multipart", 1024 * 1024 + 1)]
    [InlineData("line", 1024 * 1024 + 1)]
    [InlineData("raw", 20 * 1024 * 1024)]
    [InlineData("form", 20 * 1024 * 1024)]
    [InlineData("batch", 17 * 1024 * 1024)]
    public Task Add_BodyOverLimit_Returns413(string way, int size) =>
        ChangesNothingAsync(async queue =>
        {
            var (body, type) = LargeBody(way, size);
            IsTooLarge(await AskLargeAsync(RawRequest.Write($"POST /q/{queue}", body, $"Content-Type: {type}")));
            byte[] chunked =
            [
                .. RawRequest.Write($"POST /q/{queue}", "", $"Content-Type: {type}", "Transfer-Encoding: chunked"), .. RawRequest.Chunked(body, 64 * 1024),
            ];
            IsTooLarge(await AskLargeAsync(chunked));
        });

    [Theory]
    [InlineData("junk\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /q/a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /q/x HTTP/1.1\r\n\r\n")]
    [InlineData("GET /q/x HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n")]
    [InlineData("POST /q/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /q/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nvalue=")]
    [InlineData("POST /q/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\nzz\r\n")]
    [InlineData("POST /q/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\naaaaaaaaaaaaaaaaaaaa\r\n")]
    [InlineData("POST /q/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nffffffffff\r\n")]
    [InlineData("POST /queue HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n2\r\n{}xx")]
    [InlineData("POST /xmlrpc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n-1\r\n")]
    public Task Request_Garbage_ClosesConnection(string bytes) =>
        ChangesNothingAsync(async _ =>
        {
            await using var connection = await Host.ConnectAsync();
            await connection.SendAsync(bytes);
            (await connection.ReadReplyAsync()).Status.Should().BeOneOf(400, 505);
            await connection.EndsAsync();
        });

    [Fact]
    public Task Add_RequestCutOff_AddsNothing() =>
        ChangesNothingAsync(async queue =>
        {
            foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "application/json" })
            {
                await using var connection = await Host.ConnectAsync();
                await connection.SendAsync(RawRequest.Write($"POST /q/{queue}", "", $"Content-Type: {type}", "Content-Length: 100"));
                await connection.SendAsync("value=1");
                connection.Kill();
            }
            (await Host.AskAsync("GET /q")).Is(200);
        });

    /// <summary>
    /// Sends a large request and reads the reply. Ignores a failure to send, because a server may refuse the request
    /// and close the connection before it has read all of it.
    /// </summary>
    private async Task<RawReply> AskLargeAsync(byte[] request)
    {
        await using var connection = await Host.ConnectAsync();
        var sending = connection.SendAsync(request);
        var reply = await connection.ReadReplyAsync();
        await sending.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        return reply;
    }

    private static (byte[] Body, string Type) LargeBody(string way, int size)
    {
        var large = new string('x', size);
        return way switch
        {
            "raw" => (Encoding.ASCII.GetBytes(large), "text/plain"),
            "form" => (Encoding.ASCII.GetBytes("value=" + large), "application/x-www-form-urlencoded"),
            "multipart" => (Encoding.ASCII.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\n{large}\r\n--b--\r\n"), "multipart/form-data; boundary=b"),
            "line" => (Encoding.ASCII.GetBytes($"1\n\"{large}\"\n"), "application/x-ndjson"),
            "batch" => (Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"\"{large[..(size / 20)]}\"\n", 20))), "application/x-ndjson"),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
    }

    private static void IsTooLarge(RawReply reply) => reply.IsProblem(413, "too-large");
}
