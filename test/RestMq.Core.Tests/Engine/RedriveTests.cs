using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Delivery;
using RestMq.Stores;
using RestMq.Telemetry;
using static RestMq.Deadline;

namespace RestMq.Engine;

/// <summary>A redrive of all goes by the store's steps, and does not follow for ever what is buried again meanwhile.</summary>
public sealed class RedriveTests
{
    [Fact]
    public async Task It_ends_when_it_has_moved_as_many_as_were_dead_when_it_was_asked()
    {
        var queue = QueueName.Parse("test");
        var store = Substitute.For<IQueueStore>();
        store.StatsAsync(queue, default).ReturnsForAnyArgs(new ValueTask<QueueStats>(new QueueStats(queue, new QueueSettings()) { Dead = 250 }));
        store.RedriveAsync(queue, default).ReturnsForAnyArgs(_ => new ValueTask<long>(100L)); // There are always more.
        var options = Options.Create(new RestMqOptions());
        using var metrics = new QueueMetrics(options);
        await using var engine = new QueueEngine(store, new DeliveryPolicies([]), options, TimeProvider.System, NullLogger<QueueEngine>.Instance, metrics);

        (await Within(engine.RedriveAsync(queue))).Should().Be(300);
    }
}
