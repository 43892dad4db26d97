using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Streams;

/// <summary>
/// Tests that a message which is added after the last stream of a broadcast was closed is there for a take, whatever the
/// host knows of the closing by then.
/// </summary>
[Trait("Runs", "alone")]
public abstract class LastListenerTests(HostFixture fixture)
{
    private const int Rounds = 60;

    private RestMqHost Host => fixture.Host;

    public static TheoryData<Transport, string> Leavings => new()
    {
        { Transport.Lines, "close" }, { Transport.Lines, "kill" }, { Transport.Events, "close" }, { Transport.Events, "kill" },
        { Transport.Socket, "close" }, { Transport.Socket, "kill" }, { Transport.Socket, "close frame" },
    };

    [Theory]
    [MemberData(nameof(Leavings))]
    public async Task Message_AfterLastStreamClosed_IsTaken(Transport transport, string how)
    {
        var queue = Host.NextQueue();
        await using var producer = await Host.ConnectAsync();
        var lost = new List<int>();
        for (var round = 0; round < Rounds; round++)
        {
            var stream = await Host.StreamAsync(transport, queue);
            if (round % 2 == 0)
            {
                await producer.AskAsync($"POST /q/{queue}", "value=seen");
                (await stream.NextValuesAsync(1)).Should().Equal("seen");
            }
            switch (how)
            {
                case "kill":
                    stream.Kill();
                    break;
                case "close frame":
                    await ((SocketStream)stream).SendAsync(SocketStream.Close, [1000 >> 8, 1000 & 0xff]);
                    (await ((SocketStream)stream).ReadCloseAsync()).Should().Be(1000);
                    break;
                default:
                    await stream.DisposeAsync();
                    break;
            }
            (await producer.AskAsync($"POST /q/{queue}", $"value={round}")).Is(200);
            var taken = await producer.AskAsync($"GET /q/{queue}?wait=3");
            if (taken.Status != 200 || taken.Json.Text("value") != $"{round}") lost.Add(round);
            await stream.DisposeAsync();
        }
        lost.Should().BeEmpty("each message is taken");
        await Host.HasConsumersAsync(queue, 0);
    }

    public sealed class OnMemory(MemoryHost host) : LastListenerTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : LastListenerTests(host), IClassFixture<RedisHost>;
}
