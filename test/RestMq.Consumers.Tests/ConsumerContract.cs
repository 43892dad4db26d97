using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RestMq;

/// <summary>
/// Tests hosted consumers on every store. This file holds the helpers, and the other files hold the tests by concern.
/// </summary>
public abstract partial class ConsumerContract : IAsyncLifetime
{
    protected abstract Hosts Hosts { get; }

    /// <summary>Gets the lease. It is short, but long enough that a busy machine does not miss a renewal.</summary>
    protected virtual TimeSpan Lease => TimeSpan.FromSeconds(2);

    /// <summary>Gets whether a stopping host returns its waiting messages without counting their delivery.</summary>
    protected virtual bool ReturnsUncounted => true;

    private protected QueueName Queue { get; } = QueueName.Parse($"q-{Guid.NewGuid():N}");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Hosts.DisposeAsync();

    private protected Task<IHost> ConsumeAsync(Work<string> work, Action<RestMqConsumerOptions>? configure = null) =>
        Hosts.StartAsync(services => Consume(services, work, configure));

    private protected void Consume<TMessage>(IServiceCollection services, Work<TMessage> work, Action<RestMqConsumerOptions>? configure = null) =>
        services.AddSingleton(work).AddRestMqConsumer<TMessage, WorkHandler<TMessage>>(Queue.Value, options =>
        {
            options.Lease = Lease;
            options.RetryDelay = TimeSpan.FromMilliseconds(100);
            configure?.Invoke(options);
        });

    private protected static IQueueEngine EngineOf(IHost host) => host.Services.GetRequiredService<IQueueEngine>();

    private protected Task AddAsync(IHost host, params IEnumerable<string> texts) =>
        EngineOf(host).AddAsync(Queue, [.. texts.Select(text => new NewMessage(MessageBody.FromText(text)))]).AsTask();

    private protected static IEnumerable<string> Numbers(int count) => Enumerable.Range(1, count).Select(n => $"{n}");

    private protected async Task<bool> IsEmptyAsync(IHost host) =>
        await EngineOf(host).StatsAsync(Queue) is { Ready: 0, Leased: 0, Delayed: 0, Dead: 0 };

    private async Task<MessageSnapshot> BuriedAsync(IHost host)
    {
        IReadOnlyList<MessageSnapshot> dead = [];
        await Hosts.PassUntilAsync(async () => (dead = await EngineOf(host).BrowseAsync(Queue, MessageState.Dead, 10)).Count > 0);
        return dead.Should().ContainSingle().Subject;
    }

    private async Task<bool> IsBuriedAsync(IHost host, int count) => (await EngineOf(host).StatsAsync(Queue)).Dead == count;

    private static Work<string> Nothing() => new((_, _) => Task.CompletedTask);

    private Task StopAsync(IHost host) => Hosts.PassUntilAsync(host.StopAsync());
}

/// <summary>Runs the contract in memory, where the test controls the time.</summary>
public sealed partial class MemoryConsumerTests : ConsumerContract
{
    protected override MemoryHosts Hosts { get; } = new();
}

/// <summary>Runs the contract on Redis, in real time.</summary>
public sealed class RedisConsumerTests(RedisFixture server) : ConsumerContract, IClassFixture<RedisFixture>
{
    protected override Hosts Hosts { get; } = new RedisHosts(server);
}
