using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests how a consumer is registered, and what is rejected at start.</summary>
public sealed partial class RegistrationTests : IAsyncLifetime
{
    private static readonly QueueName Queue = QueueName.Parse("orders");

    private readonly MemoryHosts _hosts = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _hosts.DisposeAsync();

    [Fact]
    public async Task ReadJson_DefaultOptions_UsesWebDefaults() =>
        (await HandledAsync<Order>("""{"number": 1, "CUSTOMER": "Ann"}""", services => services.AddRestMqConsumer<Order, WorkHandler<Order>>("orders")))
            .Should().Be(new Order(1, "Ann"));

    [Fact]
    public async Task ReadJson_CustomOptions_UsesThem() =>
        (await HandledAsync<Order>("""{"number": 1, "the-customer": "Ann"}""", services => services.AddRestMqConsumer<Order, WorkHandler<Order>>(
            "orders", options => options.SerializerOptions = new(JsonSerializerDefaults.Web) { Converters = { new OrderConverter() } })))
            .Should().Be(new Order(7, "converted"));

    [Fact]
    public async Task ReadJson_WithTypeInfo_NeedsNoReflection() =>
        (await HandledAsync<Order>("""{"Number": 1, "Customer": "Ann"}""", services => services.AddRestMqConsumer<Order, WorkHandler<Order>>(
            "orders", Known.Default.Order))).Should().Be(new Order(1, "Ann"));

    [Theory]
    [InlineData("hello")]
    [InlineData("42")]
    [InlineData("null")]
    public async Task ReadText_WithTypeInfo_ReturnsText(string text) =>
        (await HandledAsync<string>(text, services => services.AddRestMqConsumer<string, WorkHandler<string>>("orders", Known.Default.String)))
            .Should().Be(text);

    [Fact]
    public async Task ReadBytes_AnyBody_ReturnsUnchanged()
    {
        (await HandledAsync<byte[]>("{}", services => services.AddRestMqConsumer<byte[], WorkHandler<byte[]>>("orders"))).Should().Equal("{}"u8.ToArray());
        (await HandledAsync<ReadOnlyMemory<byte>>("null", services =>
            services.AddRestMqConsumer<ReadOnlyMemory<byte>, WorkHandler<ReadOnlyMemory<byte>>>("orders"))).ToArray().Should().Equal("null"u8.ToArray());
    }

    [Fact]
    public async Task AddRestMqConsumer_SecondCall_ConfiguresSameConsumer()
    {
        var work = new Work<string>((_, _) => Task.CompletedTask);
        var host = await _hosts.StartAsync(services =>
        {
            services.AddSingleton(work);
            services.AddRestMqConsumer<string, WorkHandler<string>>("orders", options => options.Concurrency = 3);
            services.AddRestMqConsumer<string, WorkHandler<string>>("orders", options => options.Prefetch = 4);
        });

        host.Services.GetRequiredService<IOptionsMonitor<RestMqConsumerOptions>>().Get("orders").Should()
            .Match<RestMqConsumerOptions>(options => options.Concurrency == 3 && options.Prefetch == 4);
        await Until(() => _hosts.Log.Count(60) > 0);
        _hosts.Log.Count(60).Should().Be(1);
        host.Services.GetServices<IHostedService>().Count(service => service.GetType().Name == "ConsumerService").Should().Be(1);
    }

    [Fact]
    public async Task BindConfiguration_ConsumerSection_SetsOptions()
    {
        var host = await _hosts.StartAsync(services =>
        {
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
                .AddInMemoryCollection([new("Consumers:Orders:Concurrency", "8"), new("Consumers:Orders:Lease", "00:02:00")]).Build());
            services.AddSingleton(new Work<string>((_, _) => Task.CompletedTask));
            services.AddRestMqConsumer<string, WorkHandler<string>>("orders").BindConfiguration("Consumers:Orders");
        });

        var options = host.Services.GetRequiredService<IOptionsMonitor<RestMqConsumerOptions>>().Get("orders");
        (options.Concurrency, options.Lease).Should().Be((8, TimeSpan.FromMinutes(2)));
    }

    [Theory]
    [InlineData("Lease", "90", "00:01:30")]
    [InlineData("Lease", "00:02:00", "00:02:00")]
    [InlineData("Wait", "1.5", "00:00:01.5000000")]
    [InlineData("RetryDelay", "0", "00:00:00")]
    [InlineData("MaxRetryDelay", "60", "00:01:00")]
    [InlineData("DrainTimeout", "5", "00:00:05")]
    [InlineData("Concurrency", "8", "8")]
    [InlineData("Prefetch", "9", "9")]
    [InlineData("Source", "RestMq.Client", "RestMq.Client")]
    public void BindSettings_EachSetting_IsRead(string setting, string text, string value)
    {
        foreach (var options in Bound(setting, text))
            $"{typeof(RestMqConsumerOptions).GetProperty(setting)!.GetValue(options.Get("orders"))}".Should().Be(value);
    }

    [Theory]
    [InlineData("Lease", "soon", "Consumers:Orders:Lease must be a time in seconds (30) or as hh:mm:ss (00:00:30), but was 'soon'.")]
    [InlineData("Lease", "", "Consumers:Orders:Lease must be a time*but was ''.")]
    [InlineData("Lease", "-1", "*Lease of the consumer of 'orders' must be between 00:00:01 and 12:00:00, but was -00:00:01.")]
    [InlineData("Lease", "43201", "*must be between 00:00:01 and 12:00:00, but was 12:00:01.")]
    [InlineData("MaxRetryDelay", "60.00:00:00", "*must be between*and 12:00:00, but was 60.00:00:00.*")]
    [InlineData("Leas", "1", "There is no setting Consumers:Orders:Leas. Use one of Concurrency, *")]
    [InlineData("Concurrency", "two", "Consumers:Orders:Concurrency must be a whole number, but was 'two'.")]
    public void BindSettings_WrongSetting_IsNamed(string setting, string text, string told)
    {
        foreach (var options in Bound(setting, text))
        {
            options.Invoking(one => one.Get("orders")).Should().Throw<OptionsValidationException>()
                .Which.Failures.Should().ContainSingle().Which.Should().Match(told);
        }
    }

    [Theory]
    [InlineData("Lease")]
    [InlineData("MaxRetryDelay")]
    [InlineData("DrainTimeout")]
    public void BindConfiguration_NumberWithoutUnit_IsRefusedAsDays(string setting)
    {
        var services = new ServiceCollection();
        services.AddSingleton(Configuration(setting, "60"));
        services.AddRestMqConsumer<string, WorkHandler<string>>("orders").BindConfiguration("Consumers:Orders");
        services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<RestMqConsumerOptions>>().Invoking(options => options.Get("orders"))
            .Should().Throw<OptionsValidationException>().WithMessage("*but was 60.00:00:00. BindConfiguration() reads a bare number as days. BindSettings() reads it as seconds.");
    }

    private static IConfiguration Configuration(string setting, string text) =>
        new ConfigurationBuilder().AddInMemoryCollection([new($"Consumers:Orders:{setting}", text)]).Build();

    // By the name of the section, and by the section itself.
    private static IEnumerable<IOptionsMonitor<RestMqConsumerOptions>> Bound(string setting, string text)
    {
        var configuration = Configuration(setting, text);
        foreach (var bind in new Action<OptionsBuilder<RestMqConsumerOptions>>[] { o => o.BindSettings("Consumers:Orders"), o => o.BindSettings(configuration.GetSection("Consumers:Orders")) })
        {
            var services = new ServiceCollection();
            services.AddSingleton(configuration);
            bind(services.AddRestMqConsumer<string, WorkHandler<string>>("orders"));
            yield return services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<RestMqConsumerOptions>>();
        }
    }

    [Fact]
    public void AddRestMqConsumer_SecondHandlerForQueue_Throws()
    {
        var services = new ServiceCollection();
        services.AddRestMqConsumer<string, WorkHandler<string>>("orders");
        services.AddRestMqConsumer<string, WorkHandler<string>>("others");

        services.Invoking(one => one.AddRestMqConsumer<Order, WorkHandler<Order>>("orders"))
            .Should().Throw<InvalidOperationException>().WithMessage("'orders' is consumed by*already*");
    }

    [Fact]
    public async Task Start_InvalidOptions_ReportsAllFailures()
    {
        var starting = () => _hosts.StartAsync(services => services.AddRestMqConsumer<string, WorkHandler<string>>("orders", options =>
        {
            options.Concurrency = 0;
            options.Lease = TimeSpan.Zero;
            options.MaxRetryDelay = TimeSpan.Zero;
        }));

        var failures = (await starting.Should().ThrowAsync<OptionsValidationException>()).Which.Failures;
        failures.Should().HaveCount(3).And.OnlyContain(failure => failure.Contains("'orders'"));
    }

    [Theory]
    [InlineData(null, "*call AddRestMq() or AddRestMqClient()*")]
    [InlineData("elsewhere", "*'elsewhere'*")]
    public async Task Start_MissingSource_ThrowsWithHint(string? source, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRestMqConsumer<string, WorkHandler<string>>("orders", options => options.Source = source);
        using var host = builder.Build();

        await host.Awaiting(one => one.StartAsync()).Should().ThrowAsync<InvalidOperationException>().WithMessage(message);
    }

    [Theory]
    [InlineData(false, false, "client")]
    [InlineData(true, false, "engine")]
    [InlineData(true, true, "client")]
    public async Task Start_SeveralSources_PrefersEngineUnlessNamed(bool hasEngine, bool namesClient, string expected)
    {
        var sources = new Dictionary<string, ScriptedSource> { ["engine"] = new(), ["client"] = new() };
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddKeyedSingleton<IMessageSource>(MessageSourceNames.Client, sources["client"]);
        if (hasEngine) builder.Services.AddKeyedSingleton<IMessageSource>(MessageSourceNames.Engine, sources["engine"]).AddRestMq();
        builder.Services.AddSingleton(new Work<string>((_, _) => Task.CompletedTask)).AddRestMqConsumer<string, WorkHandler<string>>(
            "orders", options => options.Source = namesClient ? MessageSourceNames.Client : null);
        using var host = builder.Build();
        await host.StartAsync();
        foreach (var source in sources.Values) source.Add("hello");

        await Until(() => !sources[expected].Settled.IsEmpty);
        await host.StopAsync();

        sources.Values.Should().ContainSingle(source => source.Leases > 0);
    }

    [Fact]
    public async Task Start_InvalidQueueName_StopsHost()
    {
        var host = await _hosts.StartAsync(services => services.AddSingleton(new Work<string>((_, _) => Task.CompletedTask))
            .AddRestMqConsumer<string, WorkHandler<string>>("orders,no queue"));
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

        await Until(() => stopping.IsCancellationRequested);
        var failed = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Single().ExecuteTask!;
        await failed.Awaiting(task => task).Should().ThrowAsync<ArgumentException>().WithMessage("A queue name must contain no control characters, white space*'no queue'*");
    }

    private async Task<TMessage> HandledAsync<TMessage>(string body, Action<IServiceCollection> configure)
    {
        var handled = new TaskCompletionSource<TMessage>();
        await using var hosts = new MemoryHosts();
        var host = await hosts.StartAsync(services =>
        {
            services.AddSingleton(new Work<TMessage>((context, _) =>
            {
                handled.SetResult(context.Message);
                return Task.CompletedTask;
            }));
            configure(services);
        });
        await host.Services.GetRequiredService<IQueueEngine>().AddAsync(Queue, new NewMessage(MessageBody.FromText(body)));
        return await Within(handled.Task);
    }

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(string))]
    private sealed partial class Known : JsonSerializerContext;

    private sealed class OrderConverter : JsonConverter<Order>
    {
        public override Order Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return new Order(7, "converted");
        }

        public override void Write(Utf8JsonWriter writer, Order value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
