using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Telemetry;
using StackExchange.Redis;
using static RestMq.Deadline;

namespace RestMq.Redis;

/// <summary>
/// Verifies waits for replicas that end without their answer. The message may exist, and the exception says so.
/// </summary>
public sealed partial class ReplicationTests
{
    [Fact]
    public async Task Add_CancelledWhileItWaits_MayExist()
    {
        var engine = NewEngine(Long);
        await engine.AddAsync(_queue, Message());
        await _servers.Replica.PauseAsync();
        using var cancelled = new CancellationTokenSource();
        var add = engine.AddAsync(_queue, Message(), cancelled.Token);
        await _servers.BlockedAsync();
        await cancelled.CancelAsync();
        (await FailureOf(add)).InnerException.Should().BeAssignableTo<OperationCanceledException>();
        (await engine.LengthAsync(_queue)).Should().Be(2);

        await FluentActions.Awaiting(() => engine.AddAsync(_queue, Message(), cancelled.Token).AsTask()).Should()
            .ThrowAsync<OperationCanceledException>("an add that was cancelled before it began adds nothing");
        (await engine.LengthAsync(_queue)).Should().Be(2);
    }

    [Fact]
    public async Task Add_ConnectionBreaksWhileItWaits_MayExist()
    {
        var engine = NewEngine(Long);
        await engine.AddAsync(_queue, Message());
        await _servers.Replica.PauseAsync();
        var add = engine.AddAsync(_queue, Message());
        await _servers.BlockedAsync();
        var waiting = (await _servers.PrimaryCommands.ClientListAsync()).Single(client => client.LastCommand == "wait");
        waiting.Name.Should().Be("RestMq-wait");
        await _servers.PrimaryCommands.ClientKillAsync(waiting.Id);
        (await FailureOf(add)).InnerException.Should().NotBeNull();

        await _servers.Replica.ResumeAsync();
        await Until(async () => await CanAddAsync(engine));
    }

    [Fact]
    public async Task Add_PrimaryDemotedWhileItWaits_MayExist()
    {
        var engine = NewEngine(Long);
        await engine.AddAsync(_queue, Message());
        await _servers.Replica.PauseAsync();
        var add = engine.AddAsync(_queue, Message());
        await _servers.BlockedAsync();
        var start = Stopwatch.GetTimestamp();
        await _servers.PrimaryCommands.ExecuteAsync("REPLICAOF", "127.0.0.1", _servers.Replica.Port);
        await FailureOf(add);
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(Long / 2);
    }

    [Fact]
    public async Task Wait_OnAnotherPrimary_Throws()
    {
        var options = new RedisStoreOptions { Configuration = _servers.Primary.Patient, ReplicationTimeout = Long };
        await using var connection = new RedisConnection(options, NullLogger.Instance, new QueueMetrics(Options.Create(new RestMqOptions())));
        var barrier = new ReplicationBarrier(token => connection.BlockingConnectionAsync(token).AsTask(), options, TimeProvider.System, NullLogger.Instance);
        var history = await HistoryAsync();

        await barrier.WaitAsync("any", history, default);
        await FluentActions.Awaiting(() => barrier.WaitAsync("any", new string('0', history.Length), default).AsTask())
            .Should().ThrowAsync<RestMqNotReplicatedException>(
                "the server has a replica, but the writes went to another server");
        (await FluentActions.Awaiting(() => barrier.WaitAsync("any", "", default).AsTask()).Should().ThrowAsync<RestMqNotReplicatedException>())
            .Which.Message.Should().Contain("INFO");

        // The server is demoted and promoted again. Earlier writes may be lost, so its replication id changes.
        await _servers.PrimaryCommands.ExecuteAsync("REPLICAOF", "127.0.0.1", 1);
        await _servers.PrimaryCommands.ExecuteAsync("REPLICAOF", "NO", "ONE");
        (await HistoryAsync()).Should().NotBe(history);
        await FluentActions.Awaiting(() => barrier.WaitAsync("any", history, default).AsTask()).Should().ThrowAsync<RestMqNotReplicatedException>();

        async Task<string> HistoryAsync() => (await _servers.PrimaryCommands.InfoAsync("replication")).Single().Single(pair => pair.Key == "master_replid").Value;
    }

    [Fact]
    public async Task ReplicatedAdd_ApplicationConnection_NeedsASecondConnection()
    {
        await using var connection = await ReplicatedServers.ConnectAsync(_servers.Primary);
        await using var second = await ReplicatedServers.ConnectAsync(_servers.Primary);
        Task<IConnectionMultiplexer> Give(CancellationToken cancellationToken) => Task.FromResult(connection);

        var without = NewEngine(new RedisStoreOptions { ConnectionFactory = Give });
        await FluentActions.Awaiting(() => without.AddAsync(_queue, Message()).AsTask()).Should().ThrowAsync<RestMqDurabilityException>();
        (await without.LengthAsync(_queue)).Should().Be(0);

        var asked = 0;
        var with = NewEngine(new RedisStoreOptions
        {
            ConnectionFactory = Give,
            ReplicationTimeout = Long,
            BlockingConnectionFactory = _ => ++asked == 1 ? throw new InvalidOperationException("no such secret") : Task.FromResult(second),
        });
        (await FailureOf(with.AddAsync(_queue, Message()))).InnerException!.InnerException.Should().BeOfType<InvalidOperationException>();
        (await with.AddAsync(_queue, Message())).Status.Should().Be(AddStatus.Added);
        asked.Should().Be(2);
    }

    private async Task<bool> CanAddAsync(IQueueEngine engine)
    {
        try
        {
            await engine.AddAsync(_queue, Message());
            return true;
        }
        catch (RestMqNotReplicatedException)
        {
            return false;
        }
    }
}
