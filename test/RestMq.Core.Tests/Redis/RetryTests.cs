using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using NSubstitute.Core;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies that a call is retried only when its failure proves that nothing was executed.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private static readonly QueueName Queue = QueueName.Parse("test");
    private static readonly RedisScripts Script = RedisScripts.Stats;

    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));
    private readonly IConnectionMultiplexer _multiplexer = Substitute.For<IConnectionMultiplexer>();
    private readonly IDatabase _database = Substitute.For<IDatabase>();
    private readonly RedisConnection _connection;
    private int _calls;

    public RetryTests()
    {
        _multiplexer.GetEndPoints().Returns([]);
        _multiplexer.GetDatabase().Returns(_database);
        _connection = new RedisConnection(
            new RedisStoreOptions { ConnectionFactory = _ => Task.FromResult(_multiplexer) }, NullLogger.Instance, _metrics);
    }

    public static TheoryData<Exception> NothingDone =>
    [
        Server("TRYAGAIN Multiple keys request during rehashing of slot"), Server("CLUSTERDOWN Hash slot not served"), Server("MOVED 1 127.0.0.1:1"), Server("ASK 1 127.0.0.1:1"),
        Server("READONLY You can't write against a read only replica. script: 1, on @user_script:1."),
        Server("ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a read only replica."),
        new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "Endpoint is not reachable at this point of time."),
    ];

    public static TheoryData<Exception> MaybeDone =>
    [
        new RedisTimeoutException(CommandFlags.None, "late", CommandStatus.Sent), new TimeoutException(), Server("OOM command not allowed"), Server("NOREPLICAS Not enough good replicas to write."),
        new RedisConnectionException(ConnectionFailureType.SocketClosed, CommandFlags.None, "gone", null, CommandStatus.Sent),
        new RedisConnectionException(ConnectionFailureType.UnableToResolvePhysicalConnection, CommandFlags.None, "No connection is active."),
    ];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        _metrics.Dispose();
    }

    [Theory, MemberData(nameof(NothingDone), DisableDiscoveryEnumeration = true)]
    public async Task Evaluate_NothingWasExecuted_IsSentAgain(Exception failure)
    {
        Answer(_ => ++_calls < 4 ? throw failure : RedisResult.Create(7));

        ((int)await EvaluateAsync()).Should().Be(7);

        _calls.Should().Be(4);
    }

    [Theory, MemberData(nameof(MaybeDone), DisableDiscoveryEnumeration = true)]
    public async Task Evaluate_MayHaveBeenExecuted_IsNotSentAgain(Exception failure)
    {
        Answer(_ => ++_calls < 4 ? throw failure : RedisResult.Create(7));

        (await FluentActions.Awaiting(() => EvaluateAsync().AsTask()).Should().ThrowAsync<RestMqUnavailableException>()).Which.InnerException.Should().BeSameAs(failure);

        _calls.Should().Be(1);
    }

    [Fact]
    public async Task Evaluate_AlwaysRefused_GivesUpAfterTheRetryTime()
    {
        Answer(_ => ++_calls < int.MaxValue ? throw Server("CLUSTERDOWN The cluster is down") : RedisResult.Create(7));

        await FluentActions.Awaiting(() => EvaluateAsync().AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        _calls.Should().BeInRange(2, 40, "the pauses between retries grow");
    }

    [Fact]
    public async Task Evaluate_Waiting_EndsWithItsCaller()
    {
        using var caller = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Answer(_ => ++_calls < int.MaxValue ? throw Server("TRYAGAIN wait") : RedisResult.Create(7));

        await FluentActions.Awaiting(() => EvaluateAsync(caller.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Evaluate_AnyScript_DemandsThePrimary()
    {
        Answer(_ => RedisResult.Create(7));
        await EvaluateAsync();
        await _database.Received(1).ScriptEvaluateAsync(Script.For().Hash, Arg.Any<RedisKey[]>(), Arg.Any<RedisValue[]>(), CommandFlags.DemandMaster);
    }

    private void Answer(Func<CallInfo, RedisResult> answer) => _database
        .ScriptEvaluateAsync(Arg.Any<byte[]>(), Arg.Any<RedisKey[]>(), Arg.Any<RedisValue[]>(), Arg.Any<CommandFlags>()).Returns(call => Task.FromResult(answer(call)));

    private ValueTask<RedisResult> EvaluateAsync(CancellationToken cancellationToken = default) => _connection.EvaluateAsync(Script, Queue, [], ["wake"], cancellationToken);

#pragma warning disable SER007, SER008 // The kind of an error is experimental. The tests do not use it.
    private static RedisServerException Server(string message) => new(RedisErrorKind.Unknown, CommandFlags.None, message);
#pragma warning restore SER007, SER008
}
