using System.Buffers;
using System.Net.WebSockets;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>
/// Serves a stream over a WebSocket. Text frames to the client are messages, as in the other transports. Text frames
/// from the client are commands of the JSON protocol, answered in order. A reply has <c>queue</c> or <c>error</c>, a
/// message has neither, so the client can tell them apart.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="consumer">The live consumer whose messages are sent.</param>
/// <param name="commands">Carries out the client's commands.</param>
/// <param name="handOut">Settles the messages that a command took.</param>
/// <param name="largest">The largest command, in bytes.</param>
/// <param name="isGone">
/// Returns whether the client has disconnected. The operating system knows it before the WebSocket does.
/// </param>
internal sealed class SocketStream(
    WebSocket socket, ILiveConsumer consumer, FrameCommands commands, DeliverySender handOut, int largest, Func<bool> isGone) : IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BreakHeardOf = TimeSpan.FromMilliseconds(50);

    // Bytes. A larger buffer is not kept, so that one large message does not hold memory for each of its consumers.
    private const int KeptBuffer = 64 * 1024;

    private readonly SemaphoreSlim _sending = new(1);
    private ArrayBufferWriter<byte> _frame = new();

    /// <summary>
    /// Gets whether the host ended the socket amid the client's bytes: at a frame that it does not accept.
    /// </summary>
    public bool HasUnreadInput { get; private set; }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Serves until either side closes the socket or the host stops.</summary>
    /// <param name="receipts">Whether messages are sent with receipts, by which the client settles them.</param>
    /// <param name="missed">The gap that the stream begins with, in messages; 0 for none.</param>
    /// <param name="aborted">Cancelled when the client has disconnected.</param>
    /// <param name="stopping">Cancelled when the host stops.</param>
    public async Task RunAsync(bool receipts, long missed, CancellationToken aborted, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        var sending = SendAsync(receipts, missed, ended.Token);
        var receiving = ReceiveAsync(ended.Token);
        var first = await Task.WhenAny(sending, receiving);
        var (status, reason) =
            stopping.IsCancellationRequested ? (WebSocketCloseStatus.EndpointUnavailable, "The host stops.")
            : first.IsFaulted ? (WebSocketCloseStatus.InternalServerError, "")
            : first == receiving ? await ReasonAsync(receiving)
            : (WebSocketCloseStatus.NormalClosure, "The queue was purged.");
        await ended.CancelAsync();
        await CloseAsync(status, reason, sending, receiving);
        await Task.WhenAll(Quiet(sending), Quiet(receiving));
    }

    public void Dispose() => _sending.Dispose();

    private async Task SendAsync(bool receipts, long missed, CancellationToken ended)
    {
        var waited = TimeSpan.Zero;
        if (missed > 0) await SendAsync(missed, static (frame, missed) => LiveJson.WriteMissed(frame, missed), ended);
        while (await consumer.Events.WaitToReadAsync(ended))
        {
            while (consumer.Events.TryRead(out var next))
            {
                if (next.Missed > 0) await SendAsync(next.Missed, static (frame, missed) => LiveJson.WriteMissed(frame, missed), ended);
                if (next.Message is not { } message) continue;
                // Checked before sending: afterwards a client may disconnect because it has its message. A broadcast
                // message (Sequence above 0) needs no check, because the client can resume from the history.
                if (message.Sequence == 0 && isGone()) return;
                if (await SendAsync((message, receipts), static (frame, live) => LiveJson.Write(frame, live.message, live.receipts), ended)) waited = Now;
                if (waited == TimeSpan.Zero || Now - waited > BreakHeardOf) consumer.Delivered(message);
                else _ = DeliveredUnlessBrokenAsync(message, ended);
            }
        }
    }

    // A frame that waits for a slow client completes alike when the client reads on and when its connection breaks, and
    // so do all frames after it. The socket does not tell the two apart, but it reports a break within milliseconds.
    private async Task DeliveredUnlessBrokenAsync(QueueMessage message, CancellationToken ended)
    {
        await Task.Delay(BreakHeardOf, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCancellationRequested) consumer.Delivered(message);
    }

    /// <summary>Carries out commands until the client closes. Returns the status of the closing reply.</summary>
    private async Task<WebSocketCloseStatus> ReceiveAsync(CancellationToken ended)
    {
        var command = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(command.GetMemory(4096), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close) return WebSocketCloseStatus.NormalClosure;
            HasUnreadInput = received.MessageType == WebSocketMessageType.Binary || command.WrittenCount + received.Count > largest;
            if (received.MessageType == WebSocketMessageType.Binary) return WebSocketCloseStatus.InvalidMessageType;
            command.Advance(received.Count);
            if (command.WrittenCount > largest) return WebSocketCloseStatus.MessageTooBig;
            if (!received.EndOfMessage) continue;
            // Copied, because an added message keeps these bytes.
            await AnswerAsync(command.WrittenSpan.ToArray(), ended);
            command = Emptied(command);
        }
    }

    private async Task AnswerAsync(byte[] command, CancellationToken ended)
    {
        CommandReply reply;
        try
        {
            reply = await commands.DoAsync(command, ended);
        }
        catch (Problem refusal)
        {
            await SendAsync(refusal, static (frame, problem) => JsonText.Write(frame, problem, static (writer, p) => p.WriteError(writer)), ended);
            return;
        }
        var action = SettleAction.Return; // No consumer has seen the message yet.
        try
        {
            if (reply.Taken is not null && isGone()) return;
            action = SettleAction.Release;
            if (await SendAsync(reply, static (frame, r) => frame.Write(r.Json.Span), ended)) await Task.Delay(BreakHeardOf, ended);
            action = SettleAction.Ack;
        }
        finally
        {
            if (reply.Taken is { } taken && !(reply.IsLeased && action is SettleAction.Ack)) await handOut.SettleAsync([taken], action);
        }
    }

    // The token cancels only the wait for the lock: after the close frame, nothing more is sent. Cancelling a frame
    // while it is sent would abort the socket, so that no close frame could follow. CloseAsync aborts a socket that
    // hangs. Returns whether the frame had to wait for the client.
    private async Task<bool> SendAsync<T>(T state, Action<ArrayBufferWriter<byte>, T> write, CancellationToken ended)
    {
        await _sending.WaitAsync(ended);
        try
        {
            write(_frame, state);
            var send = socket.SendAsync(_frame.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            var waits = !send.IsCompleted;
            await send;
            return waits;
        }
        finally
        {
            _frame = Emptied(_frame);
            _sending.Release();
        }
    }

    // Sends a close frame and waits for the client's, for at most CloseTimeout. The consumer leaves before that: a client
    // that has the host's close frame has closed its stream, so no later message may be given to the stream.
    private async Task CloseAsync(WebSocketCloseStatus status, string reason, Task sending, Task receiving)
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await Quiet(sending).WaitAsync(timeout.Token);
            await consumer.DisposeAsync().AsTask().WaitAsync(timeout.Token);
            await _sending.WaitAsync(timeout.Token); // Never released: nothing is sent after the close frame.
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, timeout.Token);
            await receiving.WaitAsync(timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            socket.Abort();
        }
    }

    private static ArrayBufferWriter<byte> Emptied(ArrayBufferWriter<byte> used)
    {
        if (used.Capacity > KeptBuffer) return new ArrayBufferWriter<byte>();
        used.ResetWrittenCount();
        return used;
    }

    private async Task<(WebSocketCloseStatus Status, string Reason)> ReasonAsync(Task<WebSocketCloseStatus> receiving)
    {
        await Quiet(receiving);
        if (!receiving.IsCompletedSuccessfully) return (WebSocketCloseStatus.NormalClosure, "");
        // RFC 6455, section 5.5.1: the answer to a close frame echoes its status.
        if (socket.CloseStatus is { } sent and not WebSocketCloseStatus.Empty) return (sent, socket.CloseStatusDescription ?? "");
        return await receiving switch
            {
            WebSocketCloseStatus.InvalidMessageType => (WebSocketCloseStatus.InvalidMessageType, "Commands must be text frames."),
            WebSocketCloseStatus.MessageTooBig => (WebSocketCloseStatus.MessageTooBig, "The command exceeds the host's size limit."),
            var status => (status, ""),
        };
    }

    private static async Task Quiet(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // Expected: this is called because the connection has ended.
        }
    }
}
