using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;

namespace RestMq.TestUtilities.Sites;

/// <summary>
/// Runs a site with RestMQ in this process. The remote address of a request is the value of its header
/// <c>From-Address</c>.
/// </summary>
public sealed class Site : IAsyncDisposable
{
    public const string Remote = "192.0.2.7";

    private readonly WebApplication _app;

    private Site(WebApplication app) => (_app, Client) = (app, app.GetTestClient());

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<Site> StartAsync(
        Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, string environment = "Production",
        Action<HttpContext>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddRestMq();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.Use((context, next) =>
        {
            Addressed.Set(context);
            before?.Invoke(context);
            return next(context);
        });
        map(app);
        await app.StartAsync();
        return new Site(app);
    }

    public Task<HttpResponseMessage> SendAsync(string line, string? form = null, params (string Name, string Value)[] headers) =>
        Client.SendAsync(Request.Of(line, form, headers));

    public async Task<WebSocket> OpenAsync(string path, params (string Name, string Value)[] headers)
    {
        var client = _app.GetTestServer().CreateWebSocketClient();
        client.ConfigureRequest = request =>
        {
            foreach (var (name, value) in headers) request.Headers[name] = value;
        };
        return await client.ConnectAsync(new Uri(_app.GetTestServer().BaseAddress, path), Request.Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>Sets the remote address of a test's request.</summary>
public static class Addressed
{
    public const string Header = "From-Address";

    public static void Set(Microsoft.AspNetCore.Http.HttpContext context) =>
        context.Connection.RemoteIpAddress = IPAddress.Parse(context.Request.Headers[Header] is [{ } address] ? address : "127.0.0.1");
}

/// <summary>Holds short ways to create requests and to read replies.</summary>
public static class Request
{
    public static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>Creates a request.</summary>
    /// <param name="line">The method and the target, such as <c>GET /q/test</c>.</param>
    /// <param name="form">The body. It is sent as a form unless it is XML or JSON.</param>
    /// <param name="headers">The headers.</param>
    public static HttpRequestMessage Of(string line, string? form = null, params (string Name, string Value)[] headers)
    {
        var words = line.Split(' ');
        var request = new HttpRequestMessage(new HttpMethod(words[0]), words[1]);
        if (form is not null)
        {
            var type = form[0] switch { '<' => "text/xml", '{' => "application/json", _ => "application/x-www-form-urlencoded" };
            request.Content = new StringContent(form, Encoding.UTF8, type);
        }
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value).Should().BeTrue();
        return request;
    }

    /// <summary>Asserts the status of the reply and returns its JSON.</summary>
    public static async Task<JsonElement> IsAsync(this Task<HttpResponseMessage> reply, HttpStatusCode status)
    {
        var text = await (await reply).Content.ReadAsStringAsync();
        (await reply).StatusCode.Should().Be(status, text);
        return text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
    }

    public static async Task<string> AskAsync(this WebSocket socket, string command)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, true, Deadline);
        return await socket.ReadAsync();
    }

    public static async Task<string> ReadAsync(this WebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var frame = await socket.ReceiveAsync(buffer, Deadline);
        return Encoding.UTF8.GetString(buffer, 0, frame.Count);
    }
}
