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
        await host.Engine.Awaiting(engine => engine.AddAsync("a b", order).AsTask()).Should().ThrowAsync<FormatException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Purge_WithoutState_DeletesAllMessagesAndKeepsSettings(bool byEngine)
    {
        var queue = $"{QueueHost.NextQueue()}-{byEngine}";
        await host.Client.ConfigureAsync(queue, new QueueConfiguration { MaxReceives = 5 });
        await host.Client.AddManyAsync(queue, ["leased", "buried", "ready"]);
        await host.Client.AddAsync(queue, "delayed", new AddMessageOptions { Delay = TimeSpan.FromHours(1) });
        await host.Client.LeaseAsync<string>(queue, TimeSpan.FromHours(1));
        await (await host.Client.LeaseAsync<string>(queue, TimeSpan.FromHours(1)))!.BuryAsync("x");

        (byEngine ? await host.Engine.PurgeAsync(QueueName.Parse(queue)) : await host.Client.PurgeAsync(queue)).Should().Be(4);
        (await host.Client.StatsAsync(queue)).Should().BeEquivalentTo(new { Ready = 0, Leased = 0, Delayed = 0, Dead = 0 });
        (await host.Client.GetConfigurationAsync(queue)).MaxReceives.Should().Be(5);
    }

    [Fact]
    public async Task Messages_CreatedInTests_HaveWhatTheyAreGiven()
    {
        var due = DateTimeOffset.UnixEpoch;
        var peeked = new PeekedMessage<string>("q:1", "value", MessageState.Dead, count: 2, added: due, due: due, reason: "why");
        (peeked.Key, peeked.Value, peeked.State, peeked.DeliveryCount, peeked.Added, peeked.Due, peeked.Reason)
            .Should().Be(("q:1", "value", MessageState.Dead, 2, due, due, "why"));
        await using var stream = new StreamMessage("q:2", new MemoryStream([1, 2]), "image/png", "q:2.1", count: 3);
        (stream.Key, stream.ContentType, stream.Receipt, stream.DeliveryCount, stream.Body.Length).Should().Be(("q:2", "image/png", "q:2.1", 3, 2));
    }
}
