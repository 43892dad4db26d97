using System.Text;
using System.Text.Json.Serialization;

namespace RestMq.Client;

/// <summary>Tests the short forms of calls of the engine and the client, and the messages that tests create.</summary>
public sealed partial class ShortFormTests(MemoryHost host) : IClassFixture<MemoryHost>
{
    internal sealed record Order(int Number, string Item);

    [JsonSerializable(typeof(Order))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    private sealed partial class OrderJson : JsonSerializerContext;

    [Fact]
    public async Task EngineAdd_Value_IsJsonAndMessageIsNot()
    {
        var queue = QueueHost.NextQueue();
        var order = new Order(7, "tuna");
        await host.Engine.AddAsync(queue, order, OrderJson.Default.Order, CancellationToken.None);
        await host.Engine.AddAsync(queue, order, CancellationToken.None);
        await host.Engine.AddAsync(queue, new NewMessage(MessageBody.FromText("as it is")), CancellationToken.None);

        (await host.Client.TakeAsync<Order>(queue, CancellationToken.None))!.Value.Should().Be(order);
        Encoding.UTF8.GetString((await host.Client.TakeAsync<ReadOnlyMemory<byte>>(queue, CancellationToken.None))!.Body.Span)
            .Should().Be("""{"number":7,"item":"tuna"}""");
        (await host.Client.TakeAsync<string>(queue, CancellationToken.None))!.Value.Should().Be("as it is");
        await host.Engine.Awaiting(engine => engine.AddAsync("a b", order).AsTask()).Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Purge_WithoutState_DeletesAllMessagesAndKeepsSettings(bool byEngine)
    {
        var queue = $"{QueueHost.NextQueue()}-{byEngine}";
        await host.Client.ConfigureAsync(queue, new QueueSettingsChange { MaxReceives = 5 });
        await host.Client.AddManyAsync(queue, ["leased", "buried", "ready"]);
        await host.Client.AddAsync(queue, "delayed", new AddMessageOptions { Delay = TimeSpan.FromHours(1) });
        await host.Client.LeaseAsync<string>(queue, TimeSpan.FromHours(1));
        await (await host.Client.LeaseAsync<string>(queue, TimeSpan.FromHours(1)))!.BuryAsync("x");

        (byEngine ? await host.Engine.PurgeAsync(QueueName.Parse(queue)) : await host.Client.PurgeAsync(queue)).Should().Be(4);
        (await host.Client.StatsAsync(queue)).Should().BeEquivalentTo(new { Ready = 0, Leased = 0, Delayed = 0, Dead = 0 });
        (await host.Client.GetSettingsAsync(queue)).MaxReceives.Should().Be(5);
    }

    [Fact]
    public async Task Messages_CreatedInTests_HaveWhatTheyAreGiven()
    {
        var due = DateTimeOffset.UnixEpoch;
        var (key, receipt) = (MessageKey.Parse("q:1"), Receipt.Parse("q:1.3"));
        var peeked = new PeekedMessage<string>(key, "value", MessageState.Dead, deliveryCount: 2) { Added = due, Due = due, Reason = "why" };
        (peeked.Key, peeked.Value, peeked.State, peeked.DeliveryCount, peeked.Added, peeked.Due, peeked.Reason)
            .Should().Be((key, "value", MessageState.Dead, 2, due, due, "why"));
        await using var stream = new StreamMessage(key, new MemoryStream([1, 2]), "image/png", receipt, deliveryCount: 3) { TraceParent = "00-1" };
        (stream.Key, stream.Queue.Value, stream.ContentType, stream.Receipt, stream.DeliveryCount, stream.Body.Length, stream.TraceParent)
            .Should().Be((key, "q", "image/png", receipt, 3, 2, "00-1"));
        var live = new QueueMessage<string>(key, "é") { EventId = 7, Missed = 2, ContentType = "text/x", TraceParent = "a", TraceState = "b", Added = due };
        (live.EventId, live.Missed, live.ContentType, live.TraceParent, live.TraceState, live.Added).Should().Be((7, 2, "text/x", "a", "b", due));
        Encoding.UTF8.GetString(live.Body.Span).Should().Be("é", "the bytes of a text are known");
        var broken = new QueueMessage<Order>(key, new Order(1, "x")) { Body = "no order"u8.ToArray() };
        broken.Value.Item.Should().Be("x", "the value is the one that was given");
        await using var leased = new LeasedMessage<string>(NSubstitute.Substitute.For<IRestMqClient>(), receipt, "value") { ContentType = "text/x" };
        (leased.Key, leased.Receipt, leased.ContentType).Should().Be((key, receipt, "text/x"));
        var refusal = new RestMqClientException(429, ProblemTypes.Full, retryAfter: TimeSpan.FromSeconds(1));
        (refusal.Status, refusal.StatusCode, refusal.Type, refusal.RetryAfter)
            .Should().Be((429, System.Net.HttpStatusCode.TooManyRequests, ProblemTypes.Full, TimeSpan.FromSeconds(1)));
    }
}
