using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies the warning when the clocks of servers differ. A failover then ends leases early.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly IConnectionMultiplexer _multiplexer = Substitute.For<IConnectionMultiplexer>();
    private readonly RedisQueueStore _store;
    private TimeSpan _ahead;
    private bool _tells = true;

    public ClockTests()
    {
        var (database, primary, replica) = (Substitute.For<IDatabase>(), NewServer(() => TimeSpan.Zero, isReplica: false), NewServer(() => _ahead, isReplica: true));
        _multiplexer.GetEndPoints().Returns([]);
        _multiplexer.GetDatabase().Returns(database);
        _multiplexer.GetServers().Returns([primary, replica]);
        _store = new RedisQueueStore(
            new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(_multiplexer) }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, _metrics, _time);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _metrics.Dispose();
    }

    [Theory]
    [InlineData(1500, 1500, true)]
    [InlineData(-1500, 1500, true)]
    [InlineData(900, 900, false)]
    public async Task Check_ClocksDiffer_WarnsAboveASecond(int ahead, long skew, bool warns)
    {
        _ahead = TimeSpan.FromMilliseconds(ahead);

        var report = await _store.CheckAsync(default);

        report.Failure.Should().BeNull();
        report.Facts["clock_skew_ms"].Should().Be(skew);
        report.Warnings.Any(warning => warning.StartsWith($"the clocks of the servers differ by {skew} ms")).Should().Be(warns);
    }

    [Fact]
    public async Task Check_Repeated_MeasuresEveryHalfMinute()
    {
        (await _store.CheckAsync(default)).Facts["clock_skew_ms"].Should().Be(0L);
        _ahead = TimeSpan.FromSeconds(5);
        (await _store.CheckAsync(default)).Facts["clock_skew_ms"].Should().Be(0L);
        _time.Advance(TimeSpan.FromSeconds(30));
        (await _store.CheckAsync(default)).Facts["clock_skew_ms"].Should().Be(5000L);
    }

    [Fact]
    public async Task Check_TimeCommandForbidden_ReportsNoClockSkew()
    {
        _tells = false;

        var report = await _store.CheckAsync(default);

        report.Failure.Should().BeNull();
        report.Facts.Should().NotContainKey("clock_skew_ms");
    }

    private IServer NewServer(Func<TimeSpan> ahead, bool isReplica)
    {
        var server = Substitute.For<IServer>();
        server.IsConnected.Returns(true);
        server.IsReplica.Returns(isReplica);
        server.TimeAsync().ReturnsForAnyArgs(_ => _tells
            ? Task.FromResult(_time.GetUtcNow().UtcDateTime + ahead())
            : Task.FromException<DateTime>(new RedisCommandException("not for you")));
        server.ExecuteAsync("").ReturnsForAnyArgs(Task.FromException<RedisResult>(new RedisCommandException("not for you")));
        return server;
    }
}
