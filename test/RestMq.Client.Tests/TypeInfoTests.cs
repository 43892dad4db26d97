using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using NSubstitute;

namespace RestMq.Client;

/// <summary>
/// Tests an application without reflection. The client's options know no type, and each call receives the type info for
/// its messages.
/// </summary>
public sealed partial class TypeInfoTests(MemoryHost host) : IClassFixture<MemoryHost>, IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly JsonTypeInfo<Order> Orders = Json.Default.Order;

    private readonly HttpClient _http = new();

    internal sealed record Order(int Id, string Customer);

    private RestMqClient Client => field ??= new RestMqClient(_http, new RestMqClientOptions
    {
        BaseAddress = host.Address,
        SerializerOptions = new JsonSerializerOptions { TypeInfoResolver = JsonTypeInfoResolver.Combine() },
    });

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task AddAndTake_WithoutTypeInfo_ThrowBeforeSending()
    {
        var queue = QueueHost.NextQueue();
        await FluentActions.Awaiting(() => Client.AddAsync(queue, new Order(1, "Ann"))).Should().ThrowAsync<NotSupportedException>();
        await FluentActions.Awaiting(() => Client.TakeAsync<Order>(queue)).Should().ThrowAsync<NotSupportedException>();
        host.Requests.Should().NotContain(request => request.Contains(queue));
    }

    [Fact]
    public async Task AddAndTake_WithTypeInfo_RoundTrip()
    {
        var queue = QueueHost.NextQueue();
        (await Client.AddAsync(queue, new Order(1, "Zoë"), Orders)).Key.ToString().Should().Be($"{queue}:1");
        (await Client.AddManyAsync(queue, [new Order(2, "a"), new Order(3, "b"), new Order(4, "c")], Orders)).Select(result => result.Key.Id).Should().Equal(2, 3, 4);
        (await Client.AddManyAsync(queue, [], Orders)).Should().BeEmpty();

        (await Client.PeekHeadAsync(queue, Orders))!.Value.Should().Be(new Order(1, "Zoë"));
        (await Client.PeekAsync(MessageKey.Parse($"{queue}:2"), Orders))!.Value.Should().Be(new Order(2, "a"));
        (await Client.PeekAsync(MessageKey.Parse($"{queue}:9"), Orders)).Should().BeNull();
        (await Client.BrowseAsync(queue, Orders)).Select(message => message.Value.Id).Should().Equal(4, 3, 2, 1);
        var message = (await Client.TakeAsync(queue, Orders))!;
        (message.Value, message.Key, message.ContentType).Should().Be((new Order(1, "Zoë"), MessageKey.Parse($"{queue}:1"), null));
        Encoding.UTF8.GetString(message.Body.Span)
            .Should().Be("""{"Id":1,"Customer":"Zo\u00EB"}""", "the context defines the JSON");
        (await Client.TakeManyAsync(queue, Orders, 10)).Select(message => message.Value.Id).Should().Equal(2, 3, 4);
        (await Client.TakeAsync(queue, Orders, TimeSpan.FromSeconds(0.1))).Should().BeNull();
    }

    [Fact]
    public async Task Add_WithTypeInfo_AppliesOptions()
    {
        var queue = QueueHost.NextQueue();
        var options = new AddMessageOptions { IdempotencyKey = "7", ContentType = "application/vnd.order+json", TimeToLive = TimeSpan.FromHours(1) };
        var first = await Client.AddAsync(queue, new Order(7, "x"), Orders, options);
        (await Client.AddAsync(queue, new Order(7, "x"), Orders, options)).Should().Be(first with { Status = AddStatus.Duplicate });
        var message = (await Client.TakeAsync(queue, Orders))!;
        (message.ContentType, message.Value.Id).Should().Be(("application/vnd.order+json", 7));
        var many = await Client.AddManyAsync(queue, [new Order(8, "x")], Orders, options);
        (await Client.AddManyAsync(queue, [new Order(8, "x")], Orders, options)).Should().Equal(many[0] with { Status = AddStatus.Duplicate });
    }

    [Fact]
    public async Task Lease_WithTypeInfo_CanBeSettled()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddManyAsync(queue, [new Order(1, "a"), new Order(2, "b")], Orders);
        await using (var unsettled = await Client.LeaseAsync(queue, Orders, Lease)) unsettled!.Receipt.ToString().Should().Be($"{queue}:1.1");
        await using (var leased = await Client.LeaseAsync(queue, Orders, Lease))
        {
            (leased!.Value.Id, leased.DeliveryCount).Should().Be((1, 2), "disposing the unsettled message released it");
            (await leased.AckAsync()).Should().BeTrue();
        }
        var rest = await Client.LeaseManyAsync(queue, Orders, 10, Lease);
        rest.Should().ContainSingle().Which.Value.Id.Should().Be(2);
        (await rest[0].BuryAsync("bad")).Should().BeTrue();
        (await Client.LeaseAsync(queue, Orders, Lease)).Should().BeNull();
    }

    [Fact]
    public async Task Consume_WithTypeInfo_ReadsMessages()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddManyAsync(queue, [new Order(1, "a"), new Order(2, "b")], Orders);
        await foreach (var message in Client.ConsumeAsync(queue, Orders))
        {
            message.EventId.Should().Be(message.Value.Id);
            if (message.Value.Id == 2) break;
        }
        await host.HasConsumersAsync(queue, 0);

        await Client.AddAsync(queue, new Order(3, "c"), Orders);
        await foreach (var message in Client.ConsumeLeasedAsync(queue, Orders, Lease))
        {
            message.Value.Id.Should().Be(3);
            (await message.AckAsync()).Should().BeTrue();
            break;
        }
        using var ended = new CancellationTokenSource();
        await using var quiet = Client.ConsumeAsync(queue, Orders, cancellationToken: ended.Token).GetAsyncEnumerator();
        var next = quiet.MoveNextAsync();
        await host.HasConsumersAsync(queue, 1);
        await ended.CancelAsync();
        await FluentActions.Awaiting(() => Deadline.Within(next)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task AddAndTake_TextsAndBytesWithTypeInfo_AreJson()
    {
        var queue = QueueHost.NextQueue();
        byte[] bytes = [1, 2, 255];
        await Client.AddAsync(queue, bytes, Json.Default.ByteArray);
        (await Client.PeekAsync<string>(MessageKey.Parse($"{queue}:1")))!.Value.Should().Be("AQL/");
        (await Client.TakeAsync(queue, Json.Default.ByteArray))!.Value.Should().Equal(bytes);
        await Client.AddManyAsync(queue, ["one \"two\"", null], Json.Default.String!);
        (await Client.TakeManyAsync(queue, Json.Default.String!, 2)).Select(message => message.Value).Should().Equal("one \"two\"", null);
        // The base64 text of these bytes is the word null.
        await Client.AddAsync(queue, [0x9E, 0xE9, 0x65], Json.Default.ByteArray);
        (await Client.TakeAsync(queue, Json.Default.ByteArray))!.Value.Should().Equal(0x9E, 0xE9, 0x65);
        string[] texts = ["null", "42", "\"quoted\""];
        await Client.AddManyAsync(queue, texts, Json.Default.String);
        (await Client.TakeManyAsync(queue, Json.Default.String, 3)).Select(message => message.Value).Should().Equal(texts);
        // The context is stricter than the web defaults, but a number in a text is still read as a number.
        await Client.AddAsync(queue, "42");
        (await Client.TakeAsync(queue, Json.Default.Int32))!.Value.Should().Be(42);
        await Client.AddAsync(queue, "no number");
        (await Client.TakeAsync(queue, Json.Default.Int32)).Invoking(message => message!.Value).Should().Throw<JsonException>();
    }

    [Fact]
    public async Task Lease_SubstituteClientWithBytes_ReadsValue()
    {
        var client = Substitute.For<IRestMqClient>();
        ReadOnlyMemory<byte> json = """{"Id":5,"Customer":"x"}"""u8.ToArray();
        client.LeaseAsync<ReadOnlyMemory<byte>>("orders", Lease).Returns(new LeasedMessage<ReadOnlyMemory<byte>>(client, Receipt.Parse("orders:5.1"), json));
        await using (var message = await client.LeaseAsync("orders", Orders, Lease)) message!.Value.Id.Should().Be(5);
        await client.Received(1).ReleaseAsync(Receipt.Parse("orders:5.1"), TimeSpan.Zero, Arg.Any<CancellationToken>());
    }

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(byte[]))]
    [JsonSerializable(typeof(int))]
    private sealed partial class Json : JsonSerializerContext;
}
