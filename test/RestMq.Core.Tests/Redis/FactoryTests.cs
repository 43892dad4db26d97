using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies connections that the application creates, including failures.</summary>
public sealed class FactoryTests : IAsyncDisposable
{
    private readonly QueueMetrics _metrics = new(Options.Create(new RestMqOptions()));

    public static TheoryData<Exception> Failures =>
    [
        new SocketException((int)SocketError.ConnectionRefused), new InvalidOperationException("no such secret"), new OperationCanceledException(),
        new TimeoutException(), new RestMqUnavailableException("not yet", null),
    ];

    public ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory, MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task ConnectionFactory_Throws_StoreIsUnavailableUntilItSucceeds(Exception failure)
    {
        var connection = Substitute.For<IConnectionMultiplexer>();
        connection.GetEndPoints().Returns([]);
        var attempts = 0;
        await using var store = NewStore(_ => ++attempts <= 2 ? throw failure : Task.FromResult(connection));

        for (var n = 0; n < 2; n++)
        {
            (await store.Awaiting(s => s.ListAsync(null, 1000, default).AsTask()).Should().ThrowAsync<RestMqUnavailableException>()).Which.InnerException.Should().BeSameAs(failure);
        }
        connection.GetDatabase().SetMembersAsync(default).ReturnsForAnyArgs([]);
        (await store.ListAsync(null, 1000, default)).Should().BeEmpty();
        attempts.Should().Be(3);
    }

    [Fact]
    public async Task ConnectionFactory_StoreIsDisposed_CallIsCancelled()
    {
        var store = NewStore(async closing =>
        {
            await Task.Delay(Timeout.Infinite, closing);
            return Substitute.For<IConnectionMultiplexer>();
        });
        var call = store.ListAsync(null, 1000, default).AsTask();

        await store.DisposeAsync();

        await FluentActions.Awaiting(() => Deadline.Within(call)).Should().ThrowAsync<OperationCanceledException>();
    }

    private RedisQueueStore NewStore(Func<CancellationToken, Task<IConnectionMultiplexer>> factory) => new(
        new RedisStoreOptions { ConnectionFactory = factory }, TimeSpan.FromMinutes(5), NullLogger<RedisQueueStore>.Instance, _metrics);
}
