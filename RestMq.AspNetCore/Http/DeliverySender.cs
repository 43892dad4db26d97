using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RestMq.Http;

/// <summary>
/// Sends messages so that none is lost. The store leases all of them first. The messages of a plain take, which asks
/// for no lease, are acked when the reply is sent. If the client is gone before the reply, the messages are returned to
/// the head of their queue and the delivery does not count. If sending fails, they are released, and the delivery
/// counts.
/// </summary>
internal sealed partial class DeliverySender(IQueueEngine engine, ILogger<DeliverySender> logger)
{
    // Asking the operating system whether the client is still connected costs about 10 % of a plain take. A client that
    // gets its reply within this time is very unlikely to have disconnected meanwhile, and it could as well disconnect
    // just after the reply. For a lease the system is always asked: the message would stay leased until the lease ends.
    internal static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(5);

    /// <summary>Writes the reply, sends it, and settles the messages.</summary>
    /// <param name="context">The request.</param>
    /// <param name="taken">The messages of the reply: at least one.</param>
    /// <param name="write">Writes the reply.</param>
    /// <param name="leased">
    /// Whether the client settles the messages; they then stay leased when the reply is sent.
    /// </param>
    /// <param name="since">
    /// The <see cref="Stopwatch"/> timestamp of the request. A plain take that is answered within <see cref="Soon"/>
    /// skips the check whether the client is still connected.
    /// </param>
    public async Task SendAsync(HttpContext context, IReadOnlyList<QueueMessage> taken, Action write, bool leased = false, long since = 0)
    {
        var action = SettleAction.Return; // No consumer has seen the messages yet.
        try
        {
            if ((leased || Stopwatch.GetElapsedTime(since) > Soon) && ClientConnection.IsGone(context))
            {
                context.Abort();
                return;
            }
            // The last byte is sent on its own. Until then the client cannot have the whole reply, so a failed flush
            // means that the client is gone.
            var last = Reply.HoldLast(write);
            action = SettleAction.Release; // From here on the client may have seen a part of the reply.
            if (await SendAsync(context.Response.BodyWriter, last)) action = SettleAction.Ack;
        }
        finally
        {
            // Not awaited: the settlement goes to the store with the queue's next group commit, and the client's next
            // request does not wait for it.
            if (!leased || action is not SettleAction.Ack) _ = SettleAsync(taken, action);
        }
    }

    /// <summary>Settles messages. A failure is not thrown: the leases end by themselves.</summary>
    public async Task SettleAsync(IReadOnlyList<QueueMessage> taken, SettleAction action)
    {
        // Only several calls in one request take from several queues.
        var queue = taken[0].Key.Queue;
        for (var i = 1; i < taken.Count; i++)
        {
            if (taken[i].Key.Queue == queue) continue;
            foreach (var ofOne in taken.GroupBy(message => message.Key.Queue)) await SettleAsync([.. ofOne], action);
            return;
        }
        try
        {
            if (taken.Count == 1) await engine.SettleAsync(new Settlement(taken[0].Receipt, action));
            else await engine.SettleAsync(taken[0].Key.Queue, [.. taken.Select(message => new Settlement(message.Receipt, action))]);
        }
        catch (RestMqUnavailableException)
        {
            // The lease ends by itself. The message is then delivered again, so it is not lost.
        }
        catch (Exception e)
        {
            LogFailed(logger, taken.Count, taken[0].Key.Queue.Value, e);
        }
    }

    // After the last byte a closed socket proves nothing, since the client may close it as soon as it has the whole
    // reply. So the result of the flush is used instead.
    private static async ValueTask<bool> SendAsync(PipeWriter wire, byte? last)
    {
        if (!await ClientConnection.TryFlushAsync(wire)) return false;
        if (last is not { } held) return true;
        wire.GetSpan()[0] = held;
        wire.Advance(1);
        return !(await wire.FlushAsync()).IsCompleted;
    }

    [LoggerMessage(
        40, LogLevel.Error,
        "Could not settle {Count} messages of queue {Queue}. They are delivered again when their leases end.")]
    private static partial void LogFailed(ILogger logger, int count, string queue, Exception error);
}
