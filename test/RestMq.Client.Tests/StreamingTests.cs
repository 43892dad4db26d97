using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Client;

/// <summary>Tests live streams over connections that break.</summary>
public abstract class StreamingTests(QueueHost host)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly ConsumeOptions Soon = new() { MaxReconnectDelay = TimeSpan.FromSeconds(0.3) };

    private IRestMqClient Client => host.Client;

    private sealed record Reading(int Number);

    [Fact]
    public async Task Consume_NewMessages_ArriveInOrder()
    {
        var queue = QueueHost.NextQueue();
        await using var messages = Client.ConsumeAsync<Reading>(queue).GetAsyncEnumerator();
        var first = messages.MoveNextAsync();
        await host.HasConsumersAsync(queue, 1);
        await Client.AddManyAsync(queue, Enumerable.Range(1, 50).Select(i => new Reading(i)));
        for (var i = 1; i <= 50; i++)
        {
            (await Deadline.Within(i == 1 ? first : messages.MoveNextAsync())).Should().BeTrue();
            (messages.Current.Value.Number, messages.Current.EventId, messages.Current.Missed).Should().Be((i, i, 0));
        }
    }

    [Fact]
    public async Task Consume_LostConnection_ResumesAfterLastMessage()
    {
        var queue = QueueHost.NextQueue();
        await using var messages = Client.ConsumeAsync<Reading>(queue, Soon).GetAsyncEnumerator();
        for (var i = 1; i <= 3; i++)
        {
            var next = messages.MoveNextAsync();
            await host.HasConsumersAsync(queue, 1);
            await Client.AddAsync(queue, new Reading(2 * i));
            (await Deadline.Within(next)).Should().BeTrue();
            messages.Current.Value.Number.Should().Be(2 * i);

            // While the stream is disconnected, another consumer keeps the broadcast running. So only the history still
            // holds the missed message.
            next = messages.MoveNextAsync();
            await using var other = await host.Engine.SubscribeAsync(QueueName.Parse(queue), new LiveConsumerOptions());
            await host.HasConsumersAsync(queue, 2);
            host.Refuses = request => request.Headers.ContainsKey("Last-Event-ID") ? 503 : null;
            host.CutStreams();
            await host.HasConsumersAsync(queue, 1);
            await Client.AddAsync(queue, new Reading((2 * i) + 1));
            (await Deadline.Within(other!.Events.ReadAsync())).Message.Should().NotBeNull();
            host.Refuses = _ => null;
            (await Deadline.Within(next)).Should().BeTrue();
            messages.Current.Value.Number.Should().Be((2 * i) + 1);
        }
    }

    [Fact]
    public async Task Consume_FromStartOfHistory_ReportsMissed()
    {
        var queue = QueueHost.NextQueue();
        await Client.ConfigureAsync(queue, new QueueSettingsChange { History = 2 });
        await Client.AddManyAsync(queue, Enumerable.Range(1, 5).Select(i => new Reading(i)));
        await ReadAsync(Client.ConsumeAsync<Reading>(queue), 5);
        var again = await ReadAsync(Client.ConsumeAsync<Reading>(queue, new ConsumeOptions { ResumeAfter = 0 }), 2);
        again.Select(message => (message.Value.Number, message.Missed)).Should().Equal((4, 3), (5, 0));
    }

    [Fact]
    public async Task ConsumeLeased_EndedEarly_ReleasesUnsettledAtOnce()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddManyAsync(queue, Enumerable.Range(1, 5).Select(i => new Reading(i)));
        var got = new List<int>();
        await foreach (var message in Client.ConsumeLeasedAsync<Reading>(queue, Lease, prefetch: 2))
        {
            got.Add(message.Value.Number);
            message.Receipt.Should().Be(new Receipt(message.Key, 1));
            if (got.Count == 4) break;
            (await message.AckAsync()).Should().BeTrue();
        }
        got.Should().Equal(1, 2, 3, 4);
        var left = Stopwatch.StartNew();
        await Deadline.Until(
            async () => (await Client.StatsAsync(queue)) is { Ready: 2, Leased: 0 }, "the unsettled messages are ready again");
        left.Elapsed
            .Should().BeLessThan(TimeSpan.FromSeconds(1.5), "an HttpClient would drain the response for 2 seconds");
    }

    [Fact]
    public async Task ConsumeLeased_LostConnection_MakesOldReceiptStale()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, new Reading(1));
        await using var messages = Client.ConsumeLeasedAsync<Reading>(queue, Lease, options: Soon).GetAsyncEnumerator();
        (await Deadline.Within(messages.MoveNextAsync())).Should().BeTrue();
        var first = messages.Current;
        host.CutStreams();
        (await Deadline.Within(messages.MoveNextAsync())).Should().BeTrue("the stream reconnects by itself");
        (messages.Current.Key, messages.Current.DeliveryCount).Should().Be((first.Key, 2));
        (await first.AckAsync()).Should().BeFalse();
        (await messages.Current.AckAsync()).Should().BeTrue();
    }

    [Fact]
    public async Task Consume_CancelledOrRefused_Ends()
    {
        using var ended = new CancellationTokenSource();
        await using var messages = Client.ConsumeAsync<string>(QueueHost.NextQueue(), cancellationToken: ended.Token).GetAsyncEnumerator();
        var next = messages.MoveNextAsync();
        await ended.CancelAsync();
        await FluentActions.Awaiting(() => Deadline.Within(next)).Should().ThrowAsync<OperationCanceledException>();

        var refused = (await FluentActions.Awaiting(() => ReadAsync(Client.ConsumeAsync<string>("a b"), 1)).Should().ThrowAsync<RestMqClientException>()).Which;
        refused.Status.Should().Be(400);
    }

    [Fact]
    public async Task Consume_SilentConnection_Reconnects()
    {
        var queue = QueueHost.NextQueue();
        // The handler lets the first stream hang after its headers, like a half-open connection.
        using var services = QueueHost.Services(services => services.AddRestMqClient(o => o.BaseAddress = host.Address)
            .AddHttpMessageHandler(() => new SilentAtFirst()));
        var client = services.GetRequiredService<IRestMqClient>();
        await Client.AddAsync(queue, "kept");
        var read = ReadAsync(client.ConsumeAsync<string>(queue, Soon with { Silence = TimeSpan.FromSeconds(3) }), 1);
        (await Deadline.Within(read)).Should().ContainSingle().Which.Value.Should().Be("kept");
    }

    private static async Task<List<QueueMessage<T>>> ReadAsync<T>(IAsyncEnumerable<QueueMessage<T>> messages, int count)
    {
        var read = new List<QueueMessage<T>>();
        await foreach (var message in messages)
        {
            read.Add(message);
            if (read.Count == count) break;
        }
        return read;
    }

    private sealed class SilentAtFirst : DelegatingHandler
    {
        private int _requests;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _requests) > 1
                ? base.SendAsync(request, cancellationToken)
                : Task.FromResult(new HttpResponseMessage
                {
                    Content = new StreamContent(new Pipe().Reader.AsStream()) { Headers = { ContentType = new MediaTypeHeaderValue("text/event-stream") } },
                });
    }

    public sealed class OnMemory(MemoryHost host) : StreamingTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : StreamingTests(host), IClassFixture<RedisHost>;
}
