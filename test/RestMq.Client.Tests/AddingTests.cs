using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RestMq.Client;

/// <summary>Tests that messages come back as they were added.</summary>
public abstract class AddingTests(QueueHost host)
{
    private IRestMqClient Client => host.Client;

    private sealed record Order(int Id, string Customer);

    [JsonConverter(typeof(JsonStringEnumConverter<Worded>))]
    private enum Worded
    {
        First,
        Second,
    }

    [Fact]
    public async Task Add_Object_RoundTripsAsJson()
    {
        var queue = QueueHost.NextQueue();
        (await Client.AddAsync(queue, new Order(7, "Zoë"))).Should().Be(new AddResult(AddStatus.Added, MessageKey.Parse($"{queue}:1")));

        var message = await Client.TakeAsync<Order>(queue);
        message!.Value.Should().Be(new Order(7, "Zoë"));
        (message.Key, message.Queue, message.DeliveryCount, message.ContentType)
            .Should().Be((MessageKey.Parse($"{queue}:1"), QueueName.Parse(queue), 1, null));
        Encoding.UTF8.GetString(message.Body.Span).Should().Be("""{"id":7,"customer":"Zo\u00EB"}""");
        (await Client.TakeAsync<Order>(queue)).Should().BeNull("the message was taken");
    }

    [Fact]
    public async Task Add_EmptyMessage_RoundTrips()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "");
        await Client.AddAsync(queue, Array.Empty<byte>());
        await Client.AddAsync(queue, ReadOnlyMemory<byte>.Empty, new AddMessageOptions { ContentType = "image/png" });
        await Client.AddAsync(queue, "", new AddMessageOptions { ContentType = "text/csv" });
        await Client.AddStreamAsync(queue, Stream.Null);
        await Client.AddManyAsync(queue, [""]);

        var texts = await Client.TakeManyAsync<byte[]>(queue, 10);
        texts.Select(message => (message.Value.Length, message.ContentType)).Should().Equal(
            (0, null), (0, "application/octet-stream"), (0, "image/png"), (0, "text/csv"), (0, "application/octet-stream"), (0, null));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData(" a&b=c+d%20e \r\n\"quoted\" \\ \u0001 ÿ 漢 😀")]
    [InlineData("""{"looks":"like json"}""")]
    public async Task Add_Text_RoundTripsUnchanged(string text)
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, text);
        var message = await Client.TakeAsync<string>(queue);
        message!.Value.Should().Be(text);
        message.ContentType.Should().BeNull();
        Encoding.UTF8.GetString(message.Body.Span).Should().Be(text);
    }

    [Fact]
    public async Task Add_Bytes_RoundTripWithContentType()
    {
        var queue = QueueHost.NextQueue();
        byte[] image = [0x89, (byte)'P', 0, 255, 13, 10];
        await Client.AddAsync(queue, image, new AddMessageOptions { ContentType = "image/png" });
        await Client.AddAsync(queue, new ReadOnlyMemory<byte>(image));

        var first = await Client.TakeAsync<byte[]>(queue);
        first!.Value.Should().Equal(image);
        first.ContentType.Should().Be("image/png");
        var second = await Client.TakeAsync<ReadOnlyMemory<byte>>(queue);
        second!.Value.ToArray().Should().Equal(image);
        second.ContentType.Should().BeNull();
    }

    [Fact]
    public async Task AddStream_LargeBody_RoundTripsAsStream()
    {
        var queue = QueueHost.NextQueue();
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        using var source = new MemoryStream(bytes);
        await Client.AddStreamAsync(queue, source, new AddMessageOptions { ContentType = "application/pdf" });
        (source.CanRead, source.Position).Should().Be((true, bytes.Length), "the caller owns the stream");

        await using (var leased = await Client.TakeStreamAsync(queue, lease: TimeSpan.FromSeconds(30)))
        {
            (leased!.Key, leased.Receipt, leased.DeliveryCount, leased.ContentType)
                .Should().Be((MessageKey.Parse($"{queue}:1"), Receipt.Parse($"{queue}:1.1"), 1, "application/pdf"));
            (await ReadAsync(leased.Body)).Should().Equal(bytes);
            (await Client.ReleaseAsync(leased.Receipt!.Value)).Should().BeTrue();
        }
        await using (var taken = await Client.TakeStreamAsync(queue))
        {
            (taken!.Receipt, taken.DeliveryCount).Should().Be((null, 2));
            (await ReadAsync(taken.Body)).Should().Equal(bytes);
        }
        (await Client.TakeStreamAsync(queue)).Should().BeNull();
    }

    [Theory]
    [InlineData("café")]
    [InlineData("a:b:1")]
    [InlineData("50%&more?#=+;")]
    [InlineData("50%41%C3%A9")]
    [InlineData("...")]
    public async Task Add_UnusualQueueName_RoundTrips(string name)
    {
        var queue = $"{name}{QueueHost.NextQueue()}";
        var key = (await Client.AddAsync(queue, "here")).Key;
        key.ToString().Should().Be($"{queue}:1");
        (await Client.PeekAsync<string>(key))!.Queue.Value.Should().Be(queue);
        await using (var stream = await Client.TakeStreamAsync(queue, lease: TimeSpan.FromSeconds(30))) stream!.Receipt.Should().Be(Receipt.Parse($"{queue}:1.1"));
        (await Client.AckAsync(Receipt.Parse($"{queue}:1.1"))).Should().BeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task Add_NameThatChangesUrl_Throws(string name)
    {
        var add = () => Client.AddAsync(name, "x");
        await add.Should().ThrowAsync<ArgumentException>();
        var purge = () => Client.DeleteQueueAsync(name);
        await purge.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task AddMany_SeveralMessages_KeepOrder()
    {
        var queue = QueueHost.NextQueue();
        var keys = await Client.AddManyAsync(queue, Enumerable.Range(1, 100).Select(i => new Order(i, "line\nbreak")));
        keys.Select(result => result.Key.ToString()).Should().Equal(Enumerable.Range(1, 100).Select(i => $"{queue}:{i}"));
        var messages = await Client.TakeManyAsync<Order>(queue, 1000);
        messages.Select(message => message.Value.Id).Should().Equal(Enumerable.Range(1, 100));
        (await Client.TakeManyAsync<Order>(queue, 10)).Should().BeEmpty();

        await Client.AddManyAsync(queue, ["one", "two"]);
        (await Client.TakeManyAsync<string>(queue, 2)).Select(message => message.Value).Should().Equal("one", "two");
        (await Client.AddManyAsync<Order>(queue, [])).Should().BeEmpty();
        await FluentActions.Awaiting(() => Client.AddManyAsync(queue, [new byte[] { 1 }])).Should().ThrowAsync<NotSupportedException>();
    }

    [Fact]
    public async Task Add_OwnIdempotencyKey_AddsOnce()
    {
        var queue = QueueHost.NextQueue();
        var once = new AddMessageOptions { IdempotencyKey = "order 7" };
        var first = await Client.AddAsync(queue, "first", once);
        (first.Status, first.Key.Id).Should().Be((AddStatus.Added, 1));
        (await Client.AddAsync(queue, "first", once)).Should().Be(first with { Status = AddStatus.Duplicate });
        var reused = (await Client.Awaiting(client => client.AddAsync(queue, "another", once)).Should().ThrowAsync<RestMqClientException>()).Which;
        (reused.Status, reused.Type).Should().Be((422, ProblemTypes.IdempotencyKeyReused));
        reused.Detail.Should().Contain(first.Key.ToString());
        var many = await Client.AddManyAsync(queue, ["a", "b"], once);
        many.Should().OnlyContain(result => result.Status == AddStatus.Added);
        (await Client.AddManyAsync(queue, ["a", "b"], once)).Should().Equal(many.Select(result => result with { Status = AddStatus.Duplicate }));
        (await Client.AddManyAsync(queue, ["a", "b", "c"], once)).Select(result => result.Status)
            .Should().Equal(AddStatus.Duplicate, AddStatus.Duplicate, AddStatus.Added);
        (await Client.StatsAsync(queue)).Ready.Should().Be(4);
    }

    [Fact]
    public async Task Add_DelayAndTimeToLive_AreKept()
    {
        var queue = QueueHost.NextQueue();
        var (_, key) = await Client.AddAsync(queue, "late", new AddMessageOptions { Delay = TimeSpan.FromMinutes(10), TimeToLive = TimeSpan.FromHours(1) });
        (await Client.TakeAsync<string>(queue)).Should().BeNull();
        var late = await Client.PeekAsync<string>(key);
        late!.State.Should().Be(MessageState.Delayed);
        late.Due.Should().BeCloseTo(late.Added!.Value.AddMinutes(10), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Take_UnreadableBody_KeepsBytes()
    {
        var queue = QueueHost.NextQueue();
        await Client.AddAsync(queue, "no order");
        var message = await Client.TakeAsync<Order>(queue);
        message.Invoking(m => m!.Value).Should().Throw<JsonException>();
        Encoding.UTF8.GetString(message!.Body.Span).Should().Be("no order");
    }

    [Fact]
    public async Task Take_DeepestAllowedJson_IsReadable()
    {
        var queue = QueueHost.NextQueue();
        var deep = new string('[', 64) + new string(']', 64);
        using var body = new StringContent(deep, Encoding.UTF8, "application/json");
        (await host.Curl.PostAsync($"q/{queue}", body)).EnsureSuccessStatusCode();

        Encoding.UTF8.GetString((await Client.BrowseAsync<ReadOnlyMemory<byte>>(queue)).Single().Value.Span).Should().Be(deep);
        Encoding.UTF8.GetString((await Client.TakeAsync<ReadOnlyMemory<byte>>(queue))!.Value.Span).Should().Be(deep);
    }

    [Fact]
    public async Task Take_ValueSentByCurl_IsReadAsType()
    {
        var queue = QueueHost.NextQueue();
        using var form = new FormUrlEncodedContent([new("value", """{"id":3,"customer":"curl"}""")]);
        (await host.Curl.PostAsync($"q/{queue}", form)).EnsureSuccessStatusCode();
        (await Client.TakeAsync<Order>(queue))!.Value.Should().Be(new Order(3, "curl"));

        await Client.AddAsync(queue, "42");
        (await Client.TakeAsync<int>(queue))!.Value.Should().Be(42);
        await Client.AddAsync(queue, "true");
        (await Client.TakeAsync<bool>(queue))!.Value.Should().BeTrue();
        await Client.AddAsync(queue, "2026-02-01T00:00:00Z");
        (await Client.TakeAsync<DateTimeOffset>(queue))!.Value.Month.Should().Be(2);
        var id = Guid.NewGuid();
        await Client.AddAsync(queue, id);
        (await Client.TakeAsync<Guid>(queue))!.Value.Should().Be(id);
        await Client.AddAsync<Order?>(queue, null);
        (await Client.TakeAsync<Order?>(queue))!.Value.Should().BeNull();
        await Client.AddAsync(queue, new[] { 1, 2 });
        (await Client.TakeAsync<JsonElement>(queue))!.Value.GetArrayLength().Should().Be(2);
    }

    [Theory]
    [InlineData("""{"a":1}""", JsonValueKind.Object)]
    [InlineData(" [1] ", JsonValueKind.Array)]
    [InlineData("42", JsonValueKind.Number)]
    [InlineData("true", JsonValueKind.True)]
    [InlineData("null", JsonValueKind.Null)]
    [InlineData("\"quoted\"", JsonValueKind.String)]
    [InlineData("{hello", JsonValueKind.String)]
    public async Task Take_JsonInText_IsParsedForUntypedValues(string text, JsonValueKind kind)
    {
        var queue = QueueHost.NextQueue();
        for (var n = 0; n < 4; n++) await Client.AddAsync(queue, text);
        (await Client.TakeAsync<JsonElement>(queue))!.Value.ValueKind.Should().Be(kind);
        ((await Client.TakeAsync<JsonNode?>(queue))!.Value?.GetValueKind() ?? JsonValueKind.Null).Should().Be(kind);
        ((await Client.TakeAsync<object?>(queue))!.Value is JsonElement any ? any.ValueKind : JsonValueKind.Null).Should().Be(kind);
        (await Client.TakeAsync<string>(queue))!.Value.Should().Be(text);
    }

    [Fact]
    public async Task Take_SimpleType_AcceptsTextWithOrWithoutQuotes()
    {
        var queue = QueueHost.NextQueue();
        async Task<T> ReadAsync<T>(string text)
        {
            await Client.AddAsync(queue, text);
            return (await Client.TakeAsync<T>(queue))!.Value;
        }
        (await ReadAsync<int?>("42")).Should().Be(42);
        (await ReadAsync<int?>("null")).Should().BeNull();
        (await ReadAsync<double>("4.5")).Should().Be(4.5);
        (await ReadAsync<char>("5")).Should().Be('5');
        (await ReadAsync<Version>("1.2")).Should().Be(new Version(1, 2));
        (await ReadAsync<TimeSpan>("01:00:00")).Should().Be(TimeSpan.FromHours(1));
        (await ReadAsync<DateOnly>("2026-02-01")).Should().Be(new DateOnly(2026, 2, 1));
        (await ReadAsync<DayOfWeek>("5")).Should().Be(DayOfWeek.Friday);
        (await ReadAsync<Worded>("Second")).Should().Be(Worded.Second);
        (await ReadAsync<Worded>("\"Second\"")).Should().Be(Worded.Second);
        await FluentActions.Awaiting(() => ReadAsync<Guid>("no guid")).Should().ThrowAsync<JsonException>();
    }

    [Theory]
    [InlineData("a\r\nContent-Length: 0\r\n\r\nDELETE /q/victim HTTP/1.1\r\nHost: x\r\nX: y")]
    [InlineData("a\nX: y")]
    [InlineData("a\0")]
    [InlineData("a\u0085")]
    public async Task Add_ControlCharactersForAHeader_AreRefused(string text)
    {
        var queue = QueueHost.NextQueue();
        var before = host.Requests.Count;
        var key = new AddMessageOptions { IdempotencyKey = text };
        var type = new AddMessageOptions { ContentType = "text/plain; x=" + text };
        foreach (var options in new[] { key, type })
        {
            await Client.Awaiting(client => client.AddAsync(queue, "x", options)).Should().ThrowAsync<ArgumentException>().WithMessage("*control character*");
            await Client.Awaiting(client => client.AddAsync<byte[]>(queue, [1], options)).Should().ThrowAsync<ArgumentException>();
            await Client.Awaiting(client => client.AddStreamAsync(queue, new MemoryStream([1]), options)).Should().ThrowAsync<ArgumentException>();
        }
        await Client.Awaiting(client => client.AddManyAsync(queue, ["x"], key)).Should().ThrowAsync<ArgumentException>();
        host.Requests.Should().HaveCount(before, "nothing may be sent");
    }

    [Theory]
    [InlineData("größe-日本-🐟")]
    [InlineData(" leading")]
    [InlineData("trailing ")]
    [InlineData("a&b=c%20+d")]
    public async Task Add_AnyIdempotencyKey_AddsOnce(string key)
    {
        var queue = $"{QueueHost.NextQueue()}-{key.Length}";
        var options = new AddMessageOptions { IdempotencyKey = key };
        var first = await Client.AddAsync(queue, "x", options);
        (await Client.AddAsync(queue, "x", options)).Should().Be(first with { Status = AddStatus.Duplicate });
        (await Client.AddAsync(queue, "z", new AddMessageOptions { IdempotencyKey = key.Trim() + "." })).Key.Should().NotBe(first.Key);
        var many = await Client.AddManyAsync(queue, ["a", "b"], options);
        (await Client.AddManyAsync(queue, ["a", "b"], options)).Select(result => result.Key).Should().Equal(many.Select(result => result.Key));
        (await Client.StatsAsync(queue)).Ready.Should().Be(4);
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var read = new MemoryStream();
        await stream.CopyToAsync(read);
        return read.ToArray();
    }

    public sealed class OnMemory(MemoryHost host) : AddingTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : AddingTests(host), IClassFixture<RedisHost>;
}
