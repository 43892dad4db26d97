using RestMq.TestServers.Wire;

namespace RestMq.Fuzz;

/// <summary>The short form: the same inputs each time. The long one is this project's program, with a seed of chance.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(false, 15_000)]
    [InlineData(true, 6_000)]
    public async Task Whatever_is_sent_gets_no_5xx_and_no_hang_and_leaves_nothing_behind(bool onRedis, int count) =>
        Measured.Say(await FuzzRun.RunAsync(onRedis, seed: 1, first: 0, count));

    /// <summary>Kestrel throws at the reader of such a body what looks like a mistake of the reader's.</summary>
    [Theory]
    [InlineData("/q/a", "application/x-www-form-urlencoded")]
    [InlineData("/q/a", "text/plain")]
    [InlineData("/q/a", "application/x-ndjson")]
    [InlineData("/queue", "application/json")]
    [InlineData("/xmlrpc", "text/xml")]
    public async Task A_trailer_that_is_no_UTF_8_is_the_clients_mistake(string path, string type)
    {
        await using var host = await FuzzHost.StartAsync(onRedis: false);
        await using var connection = await RawConnection.OpenAsync(host.Port);

        await connection.SendAsync(Escaped.Read(
            $@"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nvalue=a\r\n0\r\nX-Trailer: \xc3\r\n\r\n"));

        (await connection.ReadReplyAsync()).Is(400);
        host.Mistakes.Should().BeEmpty();
    }
}
