using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Telemetry;

/// <summary>Verifies the health report and the log messages at start for a real server in different states.</summary>
public sealed class HealthTests : IAsyncLifetime
{
    private readonly List<RedisFixture> _servers = [];
    private readonly List<ServiceProvider> _applications = [];
    private readonly List<string> _log = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var application in _applications) await application.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
    }

    [Fact]
    public async Task Check_MemoryStore_IsHealthy() =>
        (await CheckAsync(NewApplication(null))).Status.Should().Be(HealthStatus.Healthy);

    [Fact]
    public async Task Check_DurableServer_IsHealthyAndReportsItsSettings()
    {
        var application = NewApplication(await StartAsync());

        var report = await CheckAsync(application);

        report.Status.Should().Be(HealthStatus.Healthy);
        report.Tags.Should().Equal("ready");
        report.Data.Should().Contain("maxmemory_policy", "noeviction").And.Contain("aof", "on").And.Contain("appendfsync", "always").And.ContainKey("version");
        (await AnnounceAsync(application)).Should().ContainSingle().Which.Should().StartWith("Information: Messages are kept in Redis at");
    }

    [Fact]
    public async Task Check_SettingsThatMayLoseMessages_IsDegradedAndLoggedAtStart()
    {
        var application = NewApplication(await StartAsync("--appendonly", "no", "--maxmemory-policy", "allkeys-lru"));

        var report = await CheckAsync(application);

        report.Status.Should().Be(HealthStatus.Degraded);
        report.Description.Should().Contain("maxmemory-policy is allkeys-lru").And.Contain("append-only file is off");
        report.Data.Should().Contain("maxmemory_policy", "allkeys-lru").And.Contain("aof", "off");
        (await AnnounceAsync(application)).Should().HaveCount(3).And.Contain(line => line.StartsWith("Warning") && line.Contains("append-only"));
    }

    [Fact]
    public async Task Check_ReadOnlyReplica_IsUnhealthy()
    {
        var primary = await StartAsync();
        var application = NewApplication(await StartAsync("--replicaof", "127.0.0.1", $"{primary.Port}"));

        var report = await CheckAsync(application);

        report.Status.Should().Be(HealthStatus.Unhealthy);
        report.Description.Should().Contain("replica");
        (await AnnounceAsync(application)).Should().ContainSingle().Which.Should().StartWith("Warning: Redis at").And.Contain("replica");
    }

    [Fact]
    public async Task Check_ServerOutOfMemory_IsUnhealthy()
    {
        var report = await CheckAsync(NewApplication(await StartAsync("--maxmemory", "1")));

        report.Status.Should().Be(HealthStatus.Unhealthy);
        report.Description.Should().Contain("OOM");
    }

    [Fact]
    public async Task Check_InfoAndConfigForbidden_IsHealthyWithUnknownFacts()
    {
        var server = await StartAsync();
        await ConfigureAsync(server, "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-info", "-config");

        var report = await CheckAsync(NewApplication(server, ",user=app,password=secret"));

        report.Status.Should().Be(HealthStatus.Healthy);
        report.Data.Should().Contain("maxmemory_policy", "unknown").And.Contain("aof", "unknown").And.Contain("appendfsync", "unknown");
    }

    [Fact]
    public async Task Check_ProbeAllowedOrForbidden_LeavesNoKeys()
    {
        var server = await StartAsync();
        await ConfigureAsync(server, "ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-setrange");

        (await CheckAsync(NewApplication(server, ",user=app,password=secret"))).Status.Should().Be(HealthStatus.Healthy);
        (await CheckAsync(NewApplication(server))).Status.Should().Be(HealthStatus.Healthy);

        ((string[])(await ConfigureAsync(server, "EVAL", "return redis.call('KEYS', '*')", "0"))!)
            .Should().Equal(["restmq:format"], "the first call of a host stores the format");
    }

    [Fact]
    public async Task Check_ServerKilledAndRestarted_IsUnhealthyThenHealthy()
    {
        var server = await StartAsync();
        var application = NewApplication(server);
        await Until(async () => (await CheckAsync(application)).Status == HealthStatus.Healthy);

        await server.KillAsync();
        (await CheckAsync(application)).Status.Should().Be(HealthStatus.Unhealthy);
        (await CheckAsync(application, failureStatus: HealthStatus.Degraded)).Status.Should().Be(HealthStatus.Degraded, "the application decides what a failure is");

        await server.StartAsync();
        await Until(async () => (await CheckAsync(application)).Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task Check_ServerHangs_IsUnhealthyBeforeTheDeadline()
    {
        var server = await StartAsync();
        var application = NewApplication(server);
        await Until(async () => (await CheckAsync(application)).Status == HealthStatus.Healthy);
        await server.PauseAsync();
        try
        {
            (await Within(CheckAsync(application))).Status.Should().Be(HealthStatus.Unhealthy);
        }
        finally
        {
            await server.ResumeAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_ServerHangsForLessThanAsyncTimeout_IsHealthy(bool connected)
    {
        var server = await StartAsync();
        var application = NewApplication(server, ",asyncTimeout=15000");
        if (connected) await Until(async () => (await CheckAsync(application)).Status == HealthStatus.Healthy);
        var impatient = NewApplication(server);
        await Until(async () => (await CheckAsync(impatient)).Status == HealthStatus.Healthy);
        await server.PauseAsync();
        var checking = CheckAsync(application);
        (await Within(CheckAsync(impatient))).Status.Should().Be(HealthStatus.Unhealthy, "the default timeout is over");
        checking.IsCompleted.Should().BeFalse("the timeout of the connection string is not over");
        await server.ResumeAsync();
        (await Within(checking)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task Start_ServerIsSlowToAnswer_IsNotCalledAway()
    {
        var server = await StartAsync();
        await server.PauseAsync();
        var application = NewApplication(server);
        var announcement = application.GetServices<IHostedService>().Single(service => service is StoreAnnouncement);

        await announcement.StartAsync(default);
        _log.Should().ContainSingle(line => line.Contains("has not answered yet"));
        await server.ResumeAsync();

        await Until(() => _log.ToArray().Any(line => line.Contains("Messages are kept in Redis at")));
        _log.ToArray().Should().NotContain(line => line.Contains("is away"));
        await announcement.StopAsync(default);
    }

    [Theory]
    [InlineData("refused", "connection refused")]
    [InlineData("tls", "the TLS handshake")] // A server without TLS may end the handshake, or never answer it.
    [InlineData("password", "Verify if the Redis password")]
    [InlineData("host", "its host name is not known")]
    public async Task Start_ServerCannotBeUsed_IsCalledAwayWithTheReason(string fault, string reason)
    {
        var server = await StartAsync();
        await ConfigureAsync(server, "CONFIG", "SET", "requirepass", "sesame");
        var text = fault switch
        {
            "refused" => $"127.0.0.1:{Ports.Next()},password=sesame",
            "tls" => $"rediss://:s3cret@127.0.0.1:{server.Port}",
            "password" => $"redis://app:s3cret@127.0.0.1:{server.Port}",
            _ => "redis://:s3cret@no-such-host.invalid",
        };
        var services = new ServiceCollection();
        var all = new LoggedEvents();
        services.AddLogging(logging => logging.AddProvider(all).SetMinimumLevel(LogLevel.Trace));
        services.AddRestMq().UseRedis(text);
        services.AddHealthChecks().AddRestMq();
        await using var application = services.BuildServiceProvider();

        await application.GetServices<IHostedService>().Single(service => service is StoreAnnouncement).StartAsync(default);

        await Until(() => all.Count(32) == 1); // A busy machine may need more than one check.
        all.Of(32).Should().Contain(reason).And.NotContain("IOCP", "a page of numbers is no reason");
        var ready = await CheckAsync(application);
        ready.Description.Should().Contain(reason);
        var engine = application.GetRequiredService<IQueueEngine>();
        var failure = (await engine.Awaiting(one => one.ListAsync().AsTask()).Should().ThrowAsync<RestMqUnavailableException>()).Which;
        foreach (var surface in new[] { all.Text, ready.Description!, string.Join(' ', ready.Data), engine.Store, failure.ToString() })
            surface.Should().NotContain("s3cret").And.NotContain("sesame");
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider application, HealthStatus? failureStatus = null)
    {
        var name = failureStatus is null ? "restmq" : "other";
        var report = await application.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == name);
        return report.Entries[name];
    }

    private static async Task<RedisResult> ConfigureAsync(RedisFixture server, string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    private async Task<List<string>> AnnounceAsync(ServiceProvider application)
    {
        await application.GetServices<IHostedService>().Single(service => service is StoreAnnouncement).StartAsync(default);
        return _log.FindAll(line => line.Contains("Redis at"));
    }

    private async Task<RedisFixture> StartAsync(params string[] settings)
    {
        var server = new RedisFixture { Settings = settings };
        _servers.Add(server);
        await server.InitializeAsync();
        return server;
    }

    private ServiceProvider NewApplication(RedisFixture? server, string login = "")
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new Lines(_log)));
        var restMq = services.AddRestMq();
        if (server is not null) restMq.UseRedis(server.Configuration + login);
        services.AddHealthChecks().AddRestMq().AddRestMq("other", HealthStatus.Degraded);
        _applications.Add(services.BuildServiceProvider());
        return _applications[^1];
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == typeof(StoreAnnouncement).FullName ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
