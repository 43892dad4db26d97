using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using NSubstitute;

namespace RestMq.Streams;

/// <summary>Tests the buffer that a WebSocket keeps between its messages.</summary>
public sealed class SocketBufferTests
{
    [Theory]
    [InlineData(1024, true)]
    [InlineData(1024 * 1024, false)]
    public async Task Send_MessageSize_DecidesBufferReuse(int size, bool kept)
    {
        var frames = new List<byte[]>();
        var socket = Substitute.For<WebSocket>();
        var received = new TaskCompletionSource<ValueWebSocketReceiveResult>();
        socket.ReceiveAsync(Arg.Any<Memory<byte>>(), Arg.Any<CancellationToken>()).Returns(_ => new ValueTask<ValueWebSocketReceiveResult>(received.Task));
        socket.When(s => s.Abort()).Do(_ => received.TrySetException(new WebSocketException()));
        socket.SendAsync(Arg.Any<ReadOnlyMemory<byte>>(), Arg.Any<WebSocketMessageType>(), Arg.Any<bool>(), Arg.Any<CancellationToken>())
            .Returns(default(ValueTask)).AndDoes(call =>
            {
                MemoryMarshal.TryGetArray(call.Arg<ReadOnlyMemory<byte>>(), out var frame).Should().BeTrue();
                frames.Add(frame.Array!);
            });

        using var stream = new SocketStream(socket, ConsumerOf(size, 1, 1), null!, null!, largest: 1024, () => false);
        await stream.RunAsync(receipts: false, missed: 0, CancellationToken.None, CancellationToken.None);

        frames.Should().HaveCount(3);
        ReferenceEquals(frames[1], frames[0]).Should().Be(kept);
        frames[2].Should().BeSameAs(frames[1], "small messages share a buffer");
        if (!kept) frames[1].Length.Should().BeLessThan(64 * 1024);
    }

    // Returns the consumer of a stream that ends after broadcast messages of these lengths.
    private static ILiveConsumer ConsumerOf(params int[] lengths)
    {
        var events = Channel.CreateUnbounded<LiveEvent>();
        foreach (var length in lengths)
        {
            var body = MessageBody.FromText(new string('x', length));
            events.Writer.TryWrite(new LiveEvent(new QueueMessage(new MessageKey(QueueName.Parse("test"), 1), body, 1, DateTimeOffset.UnixEpoch) { Sequence = 1 }, 0));
        }
        events.Writer.Complete();
        var consumer = Substitute.For<ILiveConsumer>();
        consumer.Events.Returns(events.Reader);
        return consumer;
    }
}
