using System.Buffers;
using System.Net.WebSockets;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>
/// A live stream over a WebSocket: text frames out are messages as in the other transports, text frames in are commands of the JSON protocol,
/// answered in order. A reply names its queue (or an error), a message does not, so they can be told apart.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="consumer">Whose messages are sent.</param>
/// <param name="commands">Does what comes in.</param>
/// <param name="handOut">Settles what a command took.</param>
/// <param name="largest">Bytes of a command at most.</param>
/// <param name="isGone">Whether the client has gone, as the system knows before the socket does.</param>
internal sealed class SocketStream(
    WebSocket socket, ILiveConsumer consumer, FrameCommands commands, HandOut handOut, int largest, Func<bool> isGone) : IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BreakHeardOf = TimeSpan.FromMilliseconds(50);

    // Bytes of a buffer that a socket keeps: one large message must not be held for every consumer that had it.
    private const int KeptBuffer = 64 * 1024;

    private readonly SemaphoreSlim _sending = new(1);
    private ArrayBufferWriter<byte> _frame = new();

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Serves until either side ends, or the host stops.</summary>
    /// <param name="receipts">Whether the consumer settles by receipts.</param>
    /// <param name="aborted">The client has gone.</param>
    /// <param name="stopping">The host stops.</param>
    public async Task RunAsync(bool receipts, CancellationToken aborted, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        var sending = SendAsync(receipts, ended.Token);
        var receiving = ReceiveAsync(ended.Token);
        var first = await Task.WhenAny(sending, receiving);
        var (status, reason) = stopping.IsCancellationRequested ? (WebSocketCloseStatus.EndpointUnavailable, "the host stops")
            : first.IsFaulted ? (WebSocketCloseStatus.InternalServerError, "")
            : first == receiving ? await ReasonAsync(receiving)
            : (WebSocketCloseStatus.NormalClosure, "the queue was purged");
        await ended.CancelAsync();
        await CloseAsync(status, reason, receiving);
        await Task.WhenAll(Quiet(sending), Quiet(receiving));
    }

    public void Dispose() => _sending.Dispose();

    private async Task SendAsync(bool receipts, CancellationToken ended)
    {
        var waited = TimeSpan.Zero;
        while (await consumer.Events.WaitToReadAsync(ended))
        {
            while (consumer.Events.TryRead(out var next))
            {
                if (next.Missed > 0) await SendAsync(next.Missed, static (frame, missed) => LiveJson.WriteMissed(frame, missed), ended);
                if (next.Message is not { } message) continue;
                // Before, since afterwards a client may well go because it has what it wanted. A broadcast needs no asking: it has its history.
                if (message.Sequence == 0 && isGone()) return;
                if (await SendAsync((message, receipts), static (frame, live) => LiveJson.Write(frame, live.message, live.receipts), ended)) waited = Now;
                if (waited == TimeSpan.Zero || Now - waited > BreakHeardOf) consumer.Delivered(message);
                else _ = DeliveredUnlessBrokenAsync(message, ended);
            }
        }
    }

    // A frame that had to wait, because the client reads slowly, ends in the same way when the client reads on and when its connection breaks,
    // and so do all after it: a socket does not tell. But a break is heard of very soon.
    private async Task DeliveredUnlessBrokenAsync(QueueMessage message, CancellationToken ended)
    {
        await Task.Delay(BreakHeardOf, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCancellationRequested) consumer.Delivered(message);
    }

    /// <summary>Does commands until the client closes; says with which status to answer that.</summary>
    private async Task<WebSocketCloseStatus> ReceiveAsync(CancellationToken ended)
    {
        var command = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(command.GetMemory(4096), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close) return WebSocketCloseStatus.NormalClosure;
            if (received.MessageType == WebSocketMessageType.Binary) return WebSocketCloseStatus.InvalidMessageType;
            command.Advance(received.Count);
            if (command.WrittenCount > largest) return WebSocketCloseStatus.MessageTooBig;
            if (!received.EndOfMessage) continue;
            // A copy, since a message that is added keeps its bytes.
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
        var action = SettleAction.Return; // Nobody has seen it.
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

    // Only waiting for one's turn is cancelled, since nobody has one any more after the goodbye. Cancelling a frame on its way would abort the
    // socket, and leave nothing to say goodbye with; a socket that hangs is aborted when it is closed. Returns whether the frame had to wait.
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

    // Says goodbye and waits for the other side to do so; whatever it does, this ends in a second.
    private async Task CloseAsync(WebSocketCloseStatus status, string reason, Task receiving)
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await _sending.WaitAsync(timeout.Token); // Kept: nothing is sent after the goodbye.
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

    private static async Task<(WebSocketCloseStatus Status, string Reason)> ReasonAsync(Task<WebSocketCloseStatus> receiving)
    {
        await Quiet(receiving);
        return !receiving.IsCompletedSuccessfully ? (WebSocketCloseStatus.NormalClosure, "")
            : await receiving switch
            {
                WebSocketCloseStatus.InvalidMessageType => (WebSocketCloseStatus.InvalidMessageType, "commands are text frames"),
                WebSocketCloseStatus.MessageTooBig => (WebSocketCloseStatus.MessageTooBig, "the command is too large"),
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
            // The connection has ended; that is why this is called.
        }
    }
}
