using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Embedding;

/// <summary>
/// Tests RestMQ on a test server without a port, as the tests of a site use it. The site limits the time of its own
/// requests.
/// </summary>
public sealed class InProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(300);

    private Site _site = null!;

    public async Task InitializeAsync() => _site = await Site.StartAsync(
        app =>
        {
            app.UseRequestTimeouts();
            app.MapRestMq();
            app.MapGet("/slow", static (Microsoft.AspNetCore.Http.HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        },
        builder => builder.Services.AddRequestTimeouts(options => options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = Limit }));

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task Request_SlowSiteRoute_TimesOut() =>
        await _site.SendAsync("GET /slow").IsAsync(HttpStatusCode.GatewayTimeout);

    [Fact]
    public async Task Add_ThenTake_ReturnsMessage()
    {
        await _site.SendAsync("POST /q/plain", "value=x").IsAsync(HttpStatusCode.OK);
        (await _site.SendAsync("GET /q/plain").IsAsync(HttpStatusCode.OK)).GetProperty("value").GetString().Should().Be("x");
        await _site.SendAsync("GET /q/plain").IsAsync(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Take_WaitBeyondTimeout_IsNotCutOff()
    {
        var waiting = _site.SendAsync("GET /q/late?wait=20");
        await OverAsync();
        waiting.IsCompleted.Should().BeFalse();
        await _site.SendAsync("POST /q/late", "value=x").IsAsync(HttpStatusCode.OK);
        (await waiting.IsAsync(HttpStatusCode.OK)).GetProperty("value").GetString().Should().Be("x");
    }

    [Theory]
    [InlineData("*/*", "{\"key\":\"lines:1\"")]
    [InlineData("text/event-stream", "data: {\"key\":\"lines:1\"")]
    public async Task Stream_BeyondTimeout_IsNotCutOff(string accept, string message)
    {
        using var reply = await _site.Client.SendAsync(Request.Of("GET /c/lines", null, ("Accept", accept)), HttpCompletionOption.ResponseHeadersRead);
        reply.StatusCode.Should().Be(HttpStatusCode.OK);
        await OverAsync();
        await _site.SendAsync("POST /q/lines", "value=x").IsAsync(HttpStatusCode.OK);
        using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync());
        string? line;
        do line = await lines.ReadLineAsync(Request.Deadline);
        while (line?.Contains("key", StringComparison.Ordinal) == false);
        line.Should().StartWith(message);
    }

    [Theory]
    [InlineData("/c/sockets")]
    [InlineData("/ws/sockets")]
    public async Task WebSocket_BeyondTimeout_IsNotCutOff(string path)
    {
        using var socket = await _site.OpenAsync(path);
        await OverAsync();
        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Be("""{"queue":"sockets","len":0}""");
        await _site.SendAsync("POST /q/sockets", "value=x").IsAsync(HttpStatusCode.OK);
        (await socket.ReadAsync()).Should().StartWith("{\"key\":\"sockets:1\"");
        await _site.SendAsync("DELETE /q/sockets").IsAsync(HttpStatusCode.OK);
        var end = await socket.ReceiveAsync(new byte[100], Request.Deadline);
        end.CloseStatus.Should().Be(WebSocketCloseStatus.NormalClosure);
    }

    // Waits for the site's time limit: a slow request that starts now is cut off when the limit has passed.
    private async Task OverAsync() => await _site.SendAsync("GET /slow").IsAsync(HttpStatusCode.GatewayTimeout);
}
