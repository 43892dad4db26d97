using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace RestMq;

/// <summary>Verifies the settings of queues that an application declares.</summary>
public sealed class DeclaredQueuesTests
{
    private static readonly QueueName Orders = QueueName.Parse("orders");

    [Fact]
    public async Task Start_DeclaredInCodeAndConfiguration_AppliesAllAndKeepsMessages()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RestMq:Queues:orders:MaxReceives"] = "5", ["RestMq:Queues:orders:TimeToLive"] = "60", ["RestMq:Queues:Live.feed:Policy"] = "RoundRobin",
        }).Build();
        var log = new LoggedEvents();
        using var host = await StartAsync(log, services => services.AddRestMq(configuration.GetSection("RestMq")).AddQueue("orders", queue => queue.MaxLength = 7));
        var engine = host.Services.GetRequiredService<IQueueEngine>();

        await Deadline.Until(async () => await engine.GetSettingsAsync(Orders) is { MaxReceives: 5, MaxLength: 7 } settings && settings.TimeToLive == TimeSpan.FromMinutes(1));
        await Deadline.Until(async () => (await engine.GetSettingsAsync(QueueName.Parse("Live.feed"))).Policy == QueuePolicy.RoundRobin);
        await Deadline.Until(() => log.Count(33) == 2);
        log.Of(33).Should().Contain("max_receives 20 -> 5").And.Contain("max_length 0 -> 7").And.Contain("ttl 0 -> 60").And.Contain("policy broadcast -> roundrobin");
    }

    [Fact]
    public async Task Start_SettingsAlreadyAsDeclared_ChangesNothing()
    {
        var engine = Substitute.For<IQueueEngine>();
        engine.GetSettingsAsync(Orders, Arg.Any<CancellationToken>()).Returns(new QueueSettings { MaxReceives = 5 });
        var service = NewService(engine, queue => queue.MaxReceives = 5, new LoggedEvents());

        await service.StartAsync(default);
        await Deadline.Within(service.ExecuteTask!);

        await engine.DidNotReceiveWithAnyArgs().ConfigureAsync(default!, default!, default);
        await engine.DidNotReceiveWithAnyArgs().PurgeAsync(default!, default(CancellationToken));
    }

    [Fact]
    public async Task Start_StoreAway_TriesAgainUntilItIsBack()
    {
        var time = new FakeTimeProvider();
        var log = new LoggedEvents();
        var engine = Substitute.For<IQueueEngine>();
        var asked = 0;
        engine.GetSettingsAsync(Orders, Arg.Any<CancellationToken>()).Returns(_ => Interlocked.Increment(ref asked) < 4 ? throw new RestMqUnavailableException("away") : new QueueSettings());
        var service = NewService(engine, queue => queue.MaxReceives = 5, log, time);

        await service.StartAsync(default);
        await Deadline.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return service.ExecuteTask!.IsCompleted;
        });

        asked.Should().Be(4);
        await engine.Received(1).ConfigureAsync(Orders, new QueueSettingsChange { MaxReceives = 5 }, Arg.Any<CancellationToken>());
        log.Count(33).Should().Be(1);
    }

    [Fact]
    public async Task Start_SettingThatTheStoreCannotHave_IsLoggedAndTheHostRuns()
    {
        var log = new LoggedEvents();
        using var host = await StartAsync(log, services => services.AddRestMq()
            .AddQueue("a", queue => queue.Durability = Durability.Replicated).AddQueue("orders", queue => queue.MaxReceives = 5));
        await Deadline.Until(async () => (await host.Services.GetRequiredService<IQueueEngine>().GetSettingsAsync(Orders)).MaxReceives == 5);
        log.Count(35).Should().Be(1);
    }

    [Theory]
    [InlineData("RestMq:Queues:orders:MaxReceive", "5", "There is no setting RestMq:Queues:orders:MaxReceive. Use one of *MaxReceives*")]
    [InlineData("RestMq:Queues:orders:MaxReceives", "many", "RestMq:Queues:orders:MaxReceives must be a whole number, but was 'many'.")]
    [InlineData("RestMq:Queues:orders:MaxReceives", "0", "MaxReceives of the declared queue 'orders' must be between 1 and 1000, but was 0.")]
    [InlineData("RestMq:Queues:orders:History", "100001", "History of the declared queue 'orders' must be between 0 and 100000, but was 100001.")]
    [InlineData("RestMq:Queues:orders:TimeToLive", "-1", "TimeToLive of the declared queue 'orders' must be between 00:00:00 and *")]
    [InlineData("RestMq:Queues:orders:Policy", "1", "RestMq:Queues:orders:Policy must be broadcast or roundrobin, but was '1'.")]
    [InlineData("RestMq:Queues:or ders:MaxReceives", "5", "RestMq:Queues:or ders must name a queue.*")]
    [InlineData("RestMq:Queues:orders", "5", "RestMq:Queues:orders must hold settings*")]
    [InlineData("RestMq:Queues", "5", "RestMq:Queues must hold a section for each queue*")]
    public void Start_WrongDeclaration_IsReported(string setting, string value, string told)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRestMq(configuration.GetSection("RestMq"));
        FluentActions.Invoking(() => services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate())
            .Should().Throw<OptionsValidationException>().Which.Failures.Should().ContainSingle().Which.Should().Match(told);
    }

    [Fact]
    public void AddQueue_BadName_Throws() =>
        new ServiceCollection().AddRestMq().Invoking(builder => builder.AddQueue("a b", _ => { })).Should().Throw<FormatException>();

    [Theory]
    [InlineData(true, "Set Mq:Redis to keep them in Redis.")]
    [InlineData(false, "Call UseRedis() on the builder of AddRestMq() to keep them in Redis.")]
    public async Task Start_MemoryStore_NamesTheSettingOnlyWhereItIsRead(bool readsSettings, string advice)
    {
        var log = new LoggedEvents();
        using var host = await StartAsync(log, services =>
        {
            if (readsSettings) services.AddRestMq(new ConfigurationBuilder().Build().GetSection("Mq"));
            else services.AddRestMq();
        });
        log.Of(30).Should().EndWith(advice);
    }

    private static async Task<IHost> StartAsync(LoggedEvents log, Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        add(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static DeclaredQueuesService NewService(IQueueEngine engine, Action<QueueDeclaration> declare, LoggedEvents log, TimeProvider? time = null)
    {
        var queues = new DeclaredQueues();
        declare(queues.Of("orders"));
        return new DeclaredQueuesService(Options.Create(queues), engine, time ?? TimeProvider.System, new Logger<DeclaredQueuesService>(new LoggerFactory([log])));
    }
}
