using Microsoft.Extensions.DependencyInjection;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests consumers whose Redis is killed and restarted. The tests have their own server.</summary>
public sealed class RedisRestartTests : IAsyncLifetime
{
    private readonly RedisFixture _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Handle_RedisKilledAndRestarted_HandlesEachMessageOnce()
    {
        var queue = QueueName.Parse("restarted");
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        await using var hosts = new RedisHosts(_server);
        var host = await hosts.StartAsync(services => services.AddSingleton(work).AddRestMqConsumer<string, WorkHandler<string>>(
            queue.Value, options => (options.Concurrency, options.Lease) = (4, TimeSpan.FromSeconds(10))));
        var engine = host.Services.GetRequiredService<IQueueEngine>();
        await engine.AddAsync(queue, [.. Enumerable.Range(0, 100).Select(n => new NewMessage(MessageBody.FromText($"{n}")))]);
        await Until(() => work.Running == 4);

        await _server.KillAsync();
        gate.Open(); // The acks must fail while Redis is down.
        await Until(() => hosts.Log.Count(61) == 1);
        await _server.StartAsync();
        await Until(async () => await StatsAsync(engine, queue) is { Ready: 0, Leased: 0, Delayed: 0, Dead: 0 });

        work.Done.Select(context => context.Message).Should().BeEquivalentTo(
            Enumerable.Range(0, 100).Select(n => $"{n}"), "no message is lost or handled twice");
        (hosts.Log.Count(61), hosts.Log.Count(62), hosts.Log.Count(72)).Should().Be((1, 1, 0));
    }

    private static async Task<QueueStats?> StatsAsync(IQueueEngine engine, QueueName queue)
    {
        try
        {
            return await engine.StatsAsync(queue);
        }
        catch (RestMqUnavailableException)
        {
            return null;
        }
    }
}
