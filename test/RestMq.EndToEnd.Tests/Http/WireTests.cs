using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.EndToEnd.Http;

/// <summary>
/// Tests the reader of these tests against a stub that sends given bytes. A lax reader would hide the errors that the
/// other tests look for.
/// </summary>
public sealed class WireTests
{
    [Fact]
    public async Task Read_ContentLength_ReturnsBody()
    {
        var reply = await ReadAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a: b\r\n\r\nab\r\nc");
        reply.Is(200).Text.Should().Be("ab\r\nc");
        reply.Header("x").Should().Be("a: b");
    }

    [Fact]
    public async Task Read_Chunked_ReturnsBody()
    {
        var reply = await ReadAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
        reply.Text.Should().Be("abc0123456789");
    }

    [Fact]
    public async Task Read_NoContent_ReturnsNoBody() =>
        (await ReadAsync("HTTP/1.1 204 No Content\r\n\r\n")).IsNoContent();

    [Fact]
    public async Task Read_InterimReply_IsNoted() =>
        (await ReadAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).Continued.Should().BeTrue();

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", "a body after a 204")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", "a body longer than its Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "a body shorter than its Content-Length")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bare line feeds")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "a chunk longer than its size")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "no last chunk")]
    [InlineData("null\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "no status line")]
    public async Task Read_MalformedReply_Throws(string bytes, string what)
    {
        var reading = () => ReadAsync(bytes);
        await reading.Should().ThrowAsync<Exception>(what);
    }

    [Fact]
    public void Write_Form_AddsHeadersOfCurl() =>
        Encoding.ASCII.GetString(RawRequest.Write("POST /q/test", "value=1")).Should().Be(
            "POST /q/test HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nvalue=1");

    [Fact]
    public void Escaped_EveryEscape_IsReadBack() =>
        Escaped.Read(@"a\r\n\t\0\\\xff€😀").Should().Equal([.. "a\r\n\t\0\\"u8, 0xff, .. "€😀"u8]);

    private static async Task<RawReply> ReadAsync(string bytes)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var connection = await RawConnection.OpenAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        using (var other = await listener.AcceptSocketAsync())
        {
            await other.SendAsync(Encoding.ASCII.GetBytes(bytes));
            other.Shutdown(SocketShutdown.Send);
            var reply = await connection.ReadReplyAsync();
            connection.HasNothingUnread();
            return reply;
        }
    }
}
