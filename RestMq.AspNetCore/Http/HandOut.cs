using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Sends what was taken so that it cannot be lost: the messages are leased; they are deleted once the reply is complete, and go back to the
/// head of their queue when the client went away.
/// </summary>
internal static class HandOut
{
    /// <summary>Writes the reply, sends it, and settles.</summary>
    public static async Task SendAsync(HttpContext context, IQueueEngine engine, IReadOnlyList<QueueMessage> taken, Action write)
    {
        var action = SettleAction.Release;
        try
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (await SendAsync(context.Response.BodyWriter, Reply.HoldLast(write))) action = SettleAction.Ack;
        }
        finally
        {
            await SettleAsync(engine, taken, action);
        }
    }

    // A client may well close its connection as soon as it has the whole reply, so only the pipe can tell whether it took it. From here on the
    // client has its reply: the deletion keeps only its next request on this connection waiting.
    private static async ValueTask<bool> SendAsync(PipeWriter wire, byte? last)
    {
        if (!await Sending.TryFlushAsync(wire)) return false;
        if (last is not { } held) return true;
        wire.GetSpan()[0] = held;
        wire.Advance(1);
        return !(await wire.FlushAsync()).IsCompleted;
    }

    /// <summary>Settles what was taken, as best it can.</summary>
    public static async Task SettleAsync(IQueueEngine engine, IReadOnlyList<QueueMessage> taken, SettleAction action)
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
    }
}
