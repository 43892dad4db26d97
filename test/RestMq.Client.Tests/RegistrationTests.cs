using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace RestMq.Client;

/// <summary>Tests how an application registers its clients.</summary>
public sealed partial class RegistrationTests(MemoryHost host) : IClassFixture<MemoryHost>
{
    internal sealed record Order(int Id);

    [Theory]
    [InlineData("other")]
    [InlineData("patient")]
    public async Task AddRestMqClient_SeveralNames_UseTheirOwnHosts(string name)
    {
        await using var other = await Site.StartAsync();
        using var services = QueueHost.Services(services =>
        {
            services.AddRestMqClient(options => options.BaseAddress = host.Address);
            services.AddRestMqClient(name, options => options.BaseAddress = new Uri("http://other.example/deep/mq"))
                .ConfigurePrimaryHttpMessageHandler(other.Handler);
        });
        var queue = QueueHost.NextQueue();
        var there = services.GetRequiredKeyedService<IRestMqClient>(name);
        await there.AddAsync(queue, "there");
        (await services.GetRequiredService<IRestMqClient>().TakeAsync<string>(queue))
            .Should().BeNull("the message is on the other host");
        (await there.TakeAsync<string>(queue, TimeSpan.FromSeconds(1)))!.Value.Should().Be("there");
    }

    [Fact]
    public async Task AddRestMqClient_CustomHandlers_RunOnceForEveryCall()
    {
        var seen = new List<string>();
        using var services = QueueHost.Services(services =>
        {
            services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new Noting(seen, "default")));
            services.AddRestMqClient(options => options.BaseAddress = host.Address);
            services.AddRestMqClient().AddHttpMessageHandler(() => new Noting(seen, "own")).ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Api-Key", "k"));
        });
        services.GetServices<IRestMqClient>().Should().ContainSingle("the second call configures the same client");
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue();

        await client.AddAsync(queue, "x");
        seen.Should().Equal("default k", "own k");
        seen.Clear();
        await client.TakeAsync<string>(queue, TimeSpan.FromSeconds(1));
        seen.Should().Equal("default k", "own k");
        seen.Clear();
        await client.AddAsync(queue, "y");
        seen.Clear();
        await foreach (var message in client.ConsumeAsync<string>(queue)) break;
        seen.Should().Equal("default k", "own k");
    }

    [Fact]
    public async Task BaseAddress_SetOnHttpClient_IsUsed()
    {
        using var services = QueueHost.Services(services => services.AddRestMqClient().ConfigureHttpClient(http => http.BaseAddress = host.Curl.BaseAddress));
        (await services.GetRequiredService<IRestMqClient>().TakeAsync<string>(QueueHost.NextQueue())).Should().BeNull();

        using var http = new HttpClient();
        var alone = new RestMqClient(http, new RestMqClientOptions { BaseAddress = host.Address });
        (await alone.TakeAsync<string>(QueueHost.NextQueue(), TimeSpan.FromSeconds(0.1))).Should().BeNull();

        using var nowhere = new HttpClient();
        var take = () => new RestMqClient(nowhere).TakeAsync<string>("q");
        (await take.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*BaseAddress*is not set*");
    }

    [Theory]
    [InlineData(null, "is not set")]
    [InlineData("mq", "was 'mq'")]
    [InlineData("ftp://queues.example", "was 'ftp://queues.example'")]
    [InlineData("ftp://user:secret@queues.example", "mq, but is another.")]
    public void BaseAddress_MissingOrNotOfAHost_FailsAtStart(string? address, string reason)
    {
        foreach (var name in new[] { "", "billing" })
        {
            using var services = QueueHost.Services(services => Add(services, name, options =>
                options.BaseAddress = address is null ? null : new Uri(address, UriKind.RelativeOrAbsolute)));
            var start = () => services.GetRequiredService<IStartupValidator>().Validate();
            start.Should().Throw<OptionsValidationException>().WithMessage($"*BaseAddress*must be the absolute http or https URL*{reason}*");
            var create = () => name.Length == 0 ? services.GetRequiredService<IRestMqClient>() : services.GetRequiredKeyedService<IRestMqClient>(name);
            create.Should().Throw<OptionsValidationException>();
        }
        if (address is null) return;
        using var http = new HttpClient();
        var own = () => new RestMqClient(http, new RestMqClientOptions { BaseAddress = new Uri(address, UriKind.RelativeOrAbsolute) });
        own.Should().Throw<ArgumentException>().WithMessage($"*{reason}*");
    }

    [Fact]
    public void BaseAddress_OfOptionsOrHttpClient_PassesAtStart()
    {
        foreach (var name in new[] { "", "billing" })
        {
            using var services = QueueHost.Services(services =>
            {
                Add(services, name, options => options.BaseAddress = host.Address);
                Add(services, name + "http", _ => { }).ConfigureHttpClient(http => http.BaseAddress = host.Address);
            });
            services.GetRequiredService<IStartupValidator>().Validate();
        }
    }

    private static IHttpClientBuilder Add(IServiceCollection services, string name, Action<RestMqClientOptions> configure) =>
        name.Length == 0 ? services.AddRestMqClient(configure) : services.AddRestMqClient(name, configure);

    [Theory]
    [InlineData("/wrong")]
    [InlineData("/")]
    public async Task BaseAddress_PathWithoutRestMq_IsNamedInTheFailure(string path)
    {
        using var http = new HttpClient { BaseAddress = new Uri(host.Address, path) };
        var client = new RestMqClient(http);
        foreach (var ask in new Func<Task>[]
        {
            () => client.AddAsync("q", "x"), () => client.AddManyAsync("q", [1]), () => client.TakeAsync<string>("q"),
            () => client.TakeAsync<string>("q", TimeSpan.FromSeconds(5)), () => client.PeekAsync<string>(MessageKey.Parse("q:1")),
            () => client.AckAsync(Receipt.Parse("q:1.1")), () => client.RedriveAsync(MessageKey.Parse("q:1")), () => client.StatsAsync("q"),
            () => Deadline.Within(client.ConsumeAsync<string>("q").GetAsyncEnumerator().MoveNextAsync()),
        })
        {
            (await ask.Should().ThrowAsync<RestMqClientException>().WithMessage($"There is no RestMQ at {http.BaseAddress}*404*BaseAddress*"))
                .Which.Status.Should().Be(404);
        }
    }

    [Theory]
    [InlineData("/mq")]
    [InlineData("/mq/")]
    [InlineData("/mq?what=this")]
    public async Task BaseAddress_WithoutTrailingSlash_Works(string path)
    {
        var address = new Uri(host.Address, path);
        using var own = new HttpClient { BaseAddress = address };
        using var bare = new HttpClient();
        using var elsewhere = new HttpClient { BaseAddress = new Uri("http://elsewhere.example/") };
        using var services = QueueHost.Services(services =>
        {
            services.AddRestMqClient("options", options => options.BaseAddress = address);
            services.AddRestMqClient("http").ConfigureHttpClient(http => http.BaseAddress = address);
        });
        foreach (var client in new[]
        {
            new RestMqClient(own),
            new RestMqClient(bare, new RestMqClientOptions { BaseAddress = address }),
            new RestMqClient(elsewhere, new RestMqClientOptions { BaseAddress = address }),
            services.GetRequiredKeyedService<IRestMqClient>("options"),
            services.GetRequiredKeyedService<IRestMqClient>("http"),
        })
        {
            var queue = QueueHost.NextQueue();
            await client.AddManyAsync(queue, ["one", "two", "three"]);
            (await client.StatsAsync(queue)).Ready.Should().Be(3);
            (await client.PeekAsync<string>(MessageKey.Parse($"{queue}:1")))!.Value.Should().Be("one");
            (await client.TakeAsync<string>(queue, TimeSpan.FromSeconds(1)))!.Value.Should().Be("one");
            await using (var stream = await client.TakeStreamAsync(queue)) stream!.Key.ToString().Should().Be($"{queue}:2");
            await foreach (var message in client.ConsumeAsync<string>(queue))
            {
                message.Value.Should().Be("three");
                break;
            }
        }
        (own.BaseAddress, bare.BaseAddress, elsewhere.BaseAddress).Should()
            .Be((address, null, new Uri("http://elsewhere.example/")),
                "the client must not change the application's HttpClient");
    }

    [Fact]
    public async Task AddRestMqClient_TestServerHandler_NeedsNoPort()
    {
        await using var site = await Site.StartAsync();
        using var services = QueueHost.Services(services => services.AddRestMqClient(options => options.BaseAddress = new Uri("http://localhost/deep/mq"))
            .ConfigurePrimaryHttpMessageHandler(site.Handler));
        var client = services.GetRequiredService<IRestMqClient>();
        await client.AddAsync("orders", new Order(1));
        await foreach (var message in client.ConsumeLeasedAsync<Order>("orders", TimeSpan.FromSeconds(30)))
        {
            message.Value.Should().Be(new Order(1));
            (await message.AckAsync()).Should().BeTrue();
            break;
        }
        (await client.LeaseAsync<Order>("orders", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(0.1))).Should().BeNull();
    }

    [Fact]
    public async Task SerializerOptions_WithContext_ReplaceReflection()
    {
        using var services = QueueHost.Services(services => services.AddRestMqClient(options =>
        {
            options.BaseAddress = host.Address;
            options.SerializerOptions.TypeInfoResolver = Context.Default;
        }));
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue();
        await client.AddAsync(queue, new Order(5));
        await client.AddAsync(queue, "texts need no context");
        (await client.TakeAsync<Order>(queue))!.Value.Should().Be(new Order(5));
        (await client.TakeAsync<string>(queue))!.Value.Should().Be("texts need no context");
        await FluentActions.Awaiting(() => client.AddAsync(queue, new Version(1, 2))).Should().ThrowAsync<NotSupportedException>();
        await client.AddAsync(queue, "1.2");
        await FluentActions.Awaiting(() => client.TakeAsync<Version>(queue)).Should().ThrowAsync<NotSupportedException>();
        (await client.StatsAsync(queue)).Ready
            .Should().Be(1, "the client must reject an unreadable type before it takes a message");
    }

    [Fact]
    public async Task SerializerOptions_WithoutResolver_UseDefaultResolver()
    {
        using var http = new HttpClient();
        var client = new RestMqClient(http, new RestMqClientOptions { BaseAddress = host.Address, SerializerOptions = new JsonSerializerOptions() });
        var queue = QueueHost.NextQueue();
        await client.AddAsync(queue, new Order(6));
        var message = await client.TakeAsync<Order>(queue);
        message!.Value.Should().Be(new Order(6));
        message.Body.ToArray().Should().Equal("{\"Id\":6}"u8.ToArray());
    }

    [Fact]
    public async Task Add_HostUnreachable_ThrowsHttpRequestException()
    {
        using var http = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:9/") };
        var client = new RestMqClient(http);
        await FluentActions.Awaiting(() => client.AddAsync("q", "x")).Should().ThrowAsync<HttpRequestException>();
    }

    [Theory]
    [InlineData("text/html", "<html>Welcome</html>")]
    [InlineData("application/json", "{}")]
    [InlineData("application/json", "[1")]
    public async Task Calls_OtherSiteAtAddress_ThrowClientException(string type, string page)
    {
        using var http = new HttpClient(new Page(type, page)) { BaseAddress = new Uri("http://elsewhere.example/") };
        var client = new RestMqClient(http);
        foreach (var ask in new Func<Task>[]
        {
            () => client.AddAsync("q", "x"),
            () => client.TakeAsync<string>("q"),
            () => client.TakeManyAsync<string>("q", 2),
            () => client.StatsAsync("q"),
            () => client.PeekHeadAsync<string>("q"),
            () => client.TakeStreamAsync("q"),
            () => Deadline.Within(client.ConsumeAsync<string>("q").GetAsyncEnumerator().MoveNextAsync()),
        })
        {
            (await ask.Should().ThrowAsync<RestMqClientException>()).WithMessage("*not one of a RestMQ host*").Which.Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task List_ErrorWithoutProblem_ThrowsWithStatus()
    {
        using var http = new HttpClient(new Page("text/html", "<html>Bad gateway</html>", 502)) { BaseAddress = new Uri("http://elsewhere.example/") };
        var refusal = (await FluentActions.Awaiting(() => new RestMqClient(http).ListAllAsync().ToListAsync().AsTask()).Should().ThrowAsync<RestMqClientException>()).Which;
        (refusal.Status, refusal.Type, refusal.Detail).Should().Be((502, null, null));
    }

    [Fact]
    public async Task LeasedMessage_WithSubstituteClient_NeedsNoHost()
    {
        var client = Substitute.For<IRestMqClient>();
        var message = new LeasedMessage<Order>(client, Receipt.Parse("orders:7.2"), new Order(7), deliveryCount: 2);
        (message.Key, message.Queue, message.Value).Should().Be((MessageKey.Parse("orders:7"), QueueName.Parse("orders"), new Order(7)));
        await message.DisposeAsync();
        await client.Received(1).ReleaseAsync(Receipt.Parse("orders:7.2"), TimeSpan.Zero, Arg.Any<CancellationToken>());
        client.AckAsync(Receipt.Parse("orders:8.1")).Returns(Task.FromException<bool>(new HttpRequestException()));
        var failing = new LeasedMessage<Order>(client, Receipt.Parse("orders:8.1"), new Order(8));
        await FluentActions.Awaiting(() => failing.AckAsync()).Should().ThrowAsync<HttpRequestException>();
        await failing.DisposeAsync();
        await client.Received(1).ReleaseAsync(Receipt.Parse("orders:8.1"), TimeSpan.Zero, Arg.Any<CancellationToken>());
    }

    [JsonSerializable(typeof(Order))]
    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    private sealed partial class Context : JsonSerializerContext;

    private sealed class Page(string type, string page, int status = 200) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(page, new MediaTypeHeaderValue(type)) });
    }

    private sealed class Noting(List<string> seen, string name) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{name} {request.Headers.GetValues("X-Api-Key").Single()}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Runs a site without a port.</summary>
    private sealed class Site(WebApplication app) : IAsyncDisposable
    {
        public HttpMessageHandler Handler() => app.GetTestServer().CreateHandler();

        public static async Task<Site> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseTestServer();
            builder.Logging.ClearProviders();
            builder.Services.AddRestMq();
            var app = builder.Build();
            app.MapRestMq("/deep/mq");
            await app.StartAsync();
            return new Site(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
