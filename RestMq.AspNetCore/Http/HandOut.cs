using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RestMq.Http;

/// <summary>
/// Sends what was handed out so that it cannot be lost: the messages are leased; those of a plain take are deleted once the reply is out, and all
/// go back to the head of their queue when the client went away.
/// </summary>
internal sealed partial class HandOut(IQueueEngine engine, ILogger<HandOut> logger)
{
    // Asking the system whether the client is still there takes a tenth of a plain take. One that has been answered so soon has hardly left
    // meanwhile, and if it has, so it might just after its reply was sent. For a lease it is always asked: it would stay out until its end.
    internal static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(5);

    /// <summary>Writes the reply, sends it, and settles.</summary>
    /// <param name="context">The request.</param>
    /// <param name="taken">What was handed out.</param>
    /// <param name="write">Writes the reply.</param>
    /// <param name="leased">Whether its client is to settle them: then they stay leased when the reply is out.</param>
    /// <param name="since">When they were asked for, a timestamp: the client of a plain take that has them soon is not looked for first.</param>
    public async Task SendAsync(HttpContext context, IReadOnlyList<QueueMessage> taken, Action write, bool leased = false, long since = 0)
    {
        var action = SettleAction.Return; // Nobody has seen them.
        try
        {
            if ((leased || Stopwatch.GetElapsedTime(since) > Soon) && Sending.IsGone(context))
            {
                context.Abort();
                return;
            }
            var last = Reply.HoldLast(write);
            action = SettleAction.Release;
            if (await SendAsync(context.Response.BodyWriter, last)) action = SettleAction.Ack;
        }
        finally
        {
            // Not awaited: the settlement goes with the queue's next call to the store, and the client's next request need not wait for it.
            if (!leased || action is not SettleAction.Ack) _ = SettleAsync(taken, action);
        }
    }

    /// <summary>Settles what was taken, as best it can.</summary>
    public async Task SettleAsync(IReadOnlyList<QueueMessage> taken, SettleAction action)
    {
        try
        {
            if (taken.Count == 1) await engine.SettleAsync(new Settlement(taken[0].Receipt, action));
            else await engine.SettleAsync(taken[0].Key.Queue, [.. taken.Select(message => new Settlement(message.Receipt, action))]);
        }
        catch (RestMqUnavailableException)
        {
            // The lease ends by itself: the message comes again rather than being lost.
        }
        catch (Exception e)
        {
            LogFailed(logger, taken.Count, taken[0].Key.Queue.Value, e);
        }
    }

    // A client may well close its connection as soon as it has the whole reply, so only the pipe can tell whether it took it.
    private static async ValueTask<bool> SendAsync(PipeWriter wire, byte? last)
    {
        if (!await Sending.TryFlushAsync(wire)) return false;
        if (last is not { } held) return true;
        wire.GetSpan()[0] = held;
        wire.Advance(1);
        return !(await wire.FlushAsync()).IsCompleted;
    }

    [LoggerMessage(40, LogLevel.Error, "{Count} messages of {Queue} could not be settled; they come again when their leases end")]
    private static partial void LogFailed(ILogger logger, int count, string queue, Exception error);
}
