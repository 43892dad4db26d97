using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RestMq.Http;

/// <summary>Tests bodies that arrive too slowly, over every version of HTTP, on Kestrel.</summary>
public sealed class SlowUploadTests
{
    public static TheoryData<string, string> Rows()
    {
        var data = new TheoryData<string, string>();
        foreach (var version in new[] { "1.1", "2.0" })
        {
            foreach (var path in new[] { "q/test", "queue", "xmlrpc", "p/test" }) data.Add(version, path);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Post_SlowBody_Returns408(string version, string path)
    {
        await using var app = await StartAsync(version, new MinDataRate(1000, TimeSpan.FromSeconds(1.1)));
        using var client = new HttpClient { BaseAddress = AddressOf(app), DefaultRequestVersion = new Version(version), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var content = new SlowContent(path == "p/test" ? "application/x-www-form-urlencoded" : "text/plain");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Request.Deadline);

        reply.StatusCode.Should().Be(HttpStatusCode.RequestTimeout);
        var problem = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(Request.Deadline)).RootElement;
        if (path == "queue") problem.GetProperty("error").GetString().Should().Contain("slower");
        else problem.GetProperty("type").GetString().Should().Be(ProblemTypes.RequestTimeout);
        content.End();
        (await client.GetAsync("q/test", Request.Deadline)).StatusCode.Should().Be(HttpStatusCode.NoContent, "nothing was added");
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Post_BodyInSeveralParts_IsAdded(string version)
    {
        await using var app = await StartAsync(version, new MinDataRate(240, TimeSpan.FromSeconds(5)));
        using var client = new HttpClient { BaseAddress = AddressOf(app), DefaultRequestVersion = new Version(version), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var content = new SlowContent("text/plain");
        var sending = client.PostAsync("q/test", content, Request.Deadline);
        content.End();
        (await sending).StatusCode.Should().Be(HttpStatusCode.OK);
        (await client.GetStringAsync("q/test?format=raw", Request.Deadline)).Should().Be("begin");
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static async Task<WebApplication> StartAsync(string version, MinDataRate rate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = rate;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = version == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        builder.Logging.ClearProviders();
        builder.Services.AddRestMq();
        var app = builder.Build();
        app.MapRestMq();
        await app.StartAsync();
        return app;
    }

    /// <summary>Sends a first part at once, and no more until the test says so.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowContent(string type) => Headers.TryAddWithoutValidation("Content-Type", type);

        public void End() => _end.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        // Over HTTP/2, HttpClient returns the reply only when the content has ended, or was cancelled by the reset stream.
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync("begin"u8.ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _end.Task.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            End();
            base.Dispose(disposing);
        }
    }
}
