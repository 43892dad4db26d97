using RestMq.TestUtilities.Wire;

namespace RestMq.Fuzz;

/// <summary>
/// Runs the short form, with the same inputs each time. The long form is this project's program, with a random seed.
/// </summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(false, 15_000)]
    [InlineData(true, 6_000)]
    public async Task Send_RandomInputs_CausesNoErrorHangOrLeftover(bool onRedis, int count) =>
        Measured.Say(await FuzzRun.RunAsync(onRedis, seed: 1, first: 0, count));

    /// <summary>
    /// Tests a trailer that is not valid UTF-8. Kestrel throws an exception at the reader of the body that looks like a
    /// server error.
    /// </summary>
    [Theory]
    [InlineData("/q/a", "application/x-www-form-urlencoded")]
    [InlineData("/q/a", "text/plain")]
    [InlineData("/q/a", "application/x-ndjson")]
    [InlineData("/queue", "application/json")]
    [InlineData("/xmlrpc", "text/xml")]
    public async Task Post_TrailerNotUtf8_Returns400(string path, string type)
    {
        await using var host = await FuzzHost.StartAsync(onRedis: false);
        await using var connection = await RawConnection.OpenAsync(host.Port);

        await connection.SendAsync(Escaped.Read(
            $@"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nvalue=a\r\n0\r\nX-Trailer: \xc3\r\n\r\n"));

        (await connection.ReadReplyAsync()).Is(400);
        host.Mistakes.Should().BeEmpty();
    }
}
