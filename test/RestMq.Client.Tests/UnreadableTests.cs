using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestMq.Client;

/// <summary>Tests that a message which cannot be read takes no other message with it.</summary>
public abstract class UnreadableTests(QueueHost host)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private IRestMqClient Client => host.Client;

    internal sealed record Order(int Id);

    internal sealed record Positive
    {
        [JsonConstructor]
        public Positive(int id) => Id = id > 0 ? id : throw new ArgumentOutOfRangeException(nameof(id), "An id must be positive.");

        public int Id { get; }
    }

    public static TheoryData<string> Bodies => ["\"half \\ud83d\"", "{\"id\":\"\\udc00\"}", "{\"id\":\"many\"}", "{\"id\":-1}", "[1]", "\"text\""];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task TakeMany_OneUnreadable_DeliversTheOthers(string body)
    {
        var queue = await AddAsync(body);
        var messages = await Client.TakeManyAsync<Positive>(queue, 10);
        messages.Should().HaveCount(10);
        messages.Where(message => message.TryGetValue(out _)).Select(message => message.Value.Id).Should().Equal(1, 2, 3, 4, 6, 7, 8, 9, 10);
        var failure = messages[4].Invoking(message => message.Value).Should().Throw<UnreadableMessageException>().Which;
        (failure.Key, failure.ContentType).Should().Be((messages[4].Key, null));
        Encoding.UTF8.GetString(failure.Body.Span).Should().Be(body == "\"text\"" ? "text" : body);
        failure.Should().BeAssignableTo<JsonException>().Which.Message.Should().Contain($"{queue}:5").And.Contain(nameof(Positive));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task EveryRead_OneUnreadable_DeliversTheOthers(string body)
    {
        var queue = await AddAsync(body);
        // Each read asks for bytes, so that only a reader of the reply itself can fail.
        (await Client.BrowseAsync<ReadOnlyMemory<byte>>(queue)).Should().HaveCount(10);
        (await Client.PeekAsync<ReadOnlyMemory<byte>>(MessageKey.Parse($"{queue}:5")))!.Body.IsEmpty.Should().BeFalse();
        (await host.Source.LeaseAsync([queue], 10, Lease, TimeSpan.Zero, CancellationToken.None)).Should().HaveCount(10);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Consume_OneUnreadable_GoesOn(string body)
    {
        var queue = await AddAsync(body);
        var read = new List<int>();
        await foreach (var message in Client.ConsumeAsync<Positive>(queue))
        {
            if (message.TryGetValue(out var value)) read.Add(value.Id);
            if (message.Key.Id == 10) break;
        }
        read.Should().Equal(1, 2, 3, 4, 6, 7, 8, 9, 10);
    }

    [Fact]
    public async Task ConsumeLeased_UnreadableDisposed_IsBuriedAndTheOthersArrive()
    {
        var queue = await AddAsync("\"half \\ud83d\"");
        var read = new List<int>();
        await foreach (var work in Client.ConsumeLeasedAsync<Positive>(queue, Lease, prefetch: 3))
        {
            await using (work)
            {
                try
                {
                    read.Add(work.Value.Id);
                    await work.AckAsync();
                }
                catch (UnreadableMessageException e)
                {
                    e.Key.Should().Be(work.Key);
                }
            }
            if (read.Count == 9) break;
        }
        read.Should().Equal(1, 2, 3, 4, 6, 7, 8, 9, 10);
        var dead = (await Client.BrowseAsync<ReadOnlyMemory<byte>>(queue, MessageState.Dead)).Should().ContainSingle().Subject;
        dead.Reason.Should().Contain("must be a Positive");
        dead.DeliveryCount.Should().Be(1, "the message is not delivered again and again");
    }

    [Fact]
    public async Task Take_HalfSurrogate_IsNoTextButHasItsBytes()
    {
        var queue = await AddAsync("\"half \\ud83d\"", before: 0, after: 0);
        var message = (await Client.PeekHeadAsync<string>(queue))!;
        message.Invoking(m => m.Value).Should().Throw<UnreadableMessageException>().WithMessage("*surrogate*");
        (await Client.PeekHeadAsync<byte[]>(queue))!.Value.Should().Equal("\"half \\ud83d\""u8.ToArray());
        (await Client.TakeAsync<JsonElement>(queue))!.Value.ValueKind.Should().Be(JsonValueKind.String);
    }

    private async Task<string> AddAsync(string body, int before = 4, int after = 5, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var queue = QueueHost.NextQueue(test);
        await Client.AddManyAsync(queue, Enumerable.Range(1, before).Select(id => new Order(id)));
        await host.Engine.AddAsync(queue, StoredBody.UncheckedJson(body));
        await Client.AddManyAsync(queue, Enumerable.Range(before + 2, after).Select(id => new Order(id)));
        return queue;
    }

    public sealed class OnMemory(MemoryHost host) : UnreadableTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : UnreadableTests(host), IClassFixture<RedisHost>;
}
