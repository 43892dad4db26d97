using System.Net;
using System.Net.Sockets;
using System.Text;
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
    [Theory]
    [InlineData("q/test"), InlineData("queue"), InlineData("xmlrpc"), InlineData("p/test")]
    public async Task Post_SlowBody_Returns408(string path)
    {
        await using var app = await StartAsync("1.1", new MinDataRate(1000, TimeSpan.FromSeconds(1.1)));
        var type = path == "p/test" ? "application/x-www-form-urlencoded" : "text/plain";
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, AddressOf(app).Port, Request.Deadline);
        var stream = client.GetStream();

        // The other bytes never come.
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 100\r\n\r\nbegin"), Request.Deadline);

        var reply = await new StreamReader(stream).ReadToEndAsync(Request.Deadline);
        reply.Should().StartWith("HTTP/1.1 408 ").And.Contain(path == "queue" ? "slower" : ProblemTypes.RequestTimeout);
        (await app.Services.GetRequiredService<IQueueEngine>().LengthAsync("test", Request.Deadline)).Should().Be(0, "nothing was added");
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

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("begin"u8.ToArray());
            await stream.FlushAsync();
            await _end.Task;
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
