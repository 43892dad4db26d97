using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RestMq.Embedding;

/// <summary>Tests RestMQ embedded in another site, on real Kestrel.</summary>
public sealed class EmbeddingTests
{
    [Fact]
    public void MapRestMq_WithoutServices_SaysWhatToCall()
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        var map = () => app.MapRestMq();
        map.Should().Throw<InvalidOperationException>().WithMessage("*AddRestMq()*");
    }

    [Fact]
    public void AddRestMq_CalledTwice_RegistersOnce()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRestMq(options => options.MaxBatch = 5);
        builder.Services.AddRestMq(options => options.MaxMessageBytes = 7).UseMemory();
        using var app = builder.Build();
        app.Services.GetServices<IQueueEngine>().Should().ContainSingle();
        app.Services.GetServices<IHostedService>().Select(service => service.GetType())
            .Where(type => type.Assembly == typeof(RestMqOptions).Assembly).Should().NotBeEmpty().And.OnlyHaveUniqueItems();
        var options = app.Services.GetRequiredService<IOptions<RestMqOptions>>().Value;
        (options.MaxBatch, options.MaxMessageBytes).Should().Be((5, 7));
    }

    [Fact]
    public async Task Start_InvalidOptions_ReportsAll()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRestMq(options => (options.MaxMessageBytes, options.SlowPoll) = (0, TimeSpan.Zero));
        await using var app = builder.Build();
        var start = () => app.StartAsync();
        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().HaveCount(2)
            .And.Contain(failure => failure.Contains("MaxMessageBytes")).And.Contain(failure => failure.Contains("SlowPoll"));
    }

    [Fact]
    public async Task MapRestMq_TwoPrefixes_ShareQueues()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapRestMq("/one");
            app.MapRestMq("/two/deep");
            app.MapGet("/", () => "the site's own");
        });
        var added = await site.Client.PostAsync("one/q/test", Form("value", "foobar"));
        added.Headers.Location.Should().Be(new Uri(site.Client.BaseAddress!, "one/q/test/test:1"));

        var leased = await site.Client.GetAsync("two/deep/q/none,test?lease=30");
        leased.Headers.GetValues("Link").Should().Contain(link => link.StartsWith($"<{site.Client.BaseAddress}two/deep/q/test/test:1.1>; rel=\"ack\""));
        (await site.Client.DeleteAsync("two/deep/q/test/test:1.1")).StatusCode.Should().Be(HttpStatusCode.NoContent);
        (await site.Client.GetStringAsync("")).Should().Be("the site's own");
        (await site.Client.GetStringAsync("one/")).Should().Contain($"curl -d value=foobar {site.Client.BaseAddress}one/q/test");
    }

    [Fact]
    public async Task MapRestMq_PathBase_KeepsItInLinks()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapRestMq("/mq");
        });
        var added = await site.Client.PostAsync("base/mq/q/caf%C3%A9", Form("value", "x"));
        added.Headers.Location!.AbsolutePath.Should().Be("/base/mq/q/caf%C3%A9/caf%C3%A9:1");
        (await site.Client.DeleteAsync(added.Headers.Location)).StatusCode.Should().Be(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task MapRestMq_Conventions_ApplyToEveryRoute()
    {
        var refused = 0;
        await using var site = await Site.StartAsync(app => ((IEndpointConventionBuilder)app.MapRestMq("/mq")).Finally(endpoint =>
        {
            endpoint.Metadata.OfType<RestMqEndpointMetadata>().Should().ContainSingle(endpoint.DisplayName);
            if (endpoint.Metadata.OfType<RestMqEndpointMetadata>().Single().Role != RestMqRole.Admin) return;
            endpoint.RequestDelegate = context =>
            {
                refused++;
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            };
        }));
        (await site.Client.GetAsync("mq/stats")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await site.Client.DeleteAsync("mq/q/test")).StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await site.Client.PostAsync("mq/q/test", Form("value", "x"))).StatusCode.Should().Be(HttpStatusCode.OK);
        refused.Should().Be(2);
    }

    [Fact]
    public async Task Add_ByEngine_IsTakenByHttp()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq());
        var engine = site.Services.GetRequiredService<IQueueEngine>();
        await engine.AddAsync(QueueName.Parse("orders"), new NewMessage(MessageBody.FromJson("""{"total":3}"""u8.ToArray())));
        var order = await site.Client.GetFromJsonAsync<JsonElement>("q/orders");
        order.GetProperty("value").GetProperty("total").GetInt32().Should().Be(3);
        (await engine.TakeAsync(QueueName.Parse("orders"))).Should().BeNull();
    }

    private static FormUrlEncodedContent Form(string name, string value) => new([new(name, value)]);

    private sealed class Site(WebApplication app) : IAsyncDisposable
    {
        public IServiceProvider Services => app.Services;

        public HttpClient Client { get; } = new()
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        };

        public static async Task<Site> StartAsync(Action<WebApplication> map)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            builder.Services.AddRestMq();
            var app = builder.Build();
            map(app);
            await app.StartAsync();
            return new Site(app);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await app.DisposeAsync();
        }
    }
}
