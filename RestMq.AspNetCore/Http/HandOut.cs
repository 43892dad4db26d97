using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Sends what was taken so that it cannot be lost: the messages are leased; they are deleted once the reply is complete, and go back to the
/// head of their queue when the client went away.
/// </summary>
internal static class HandOut
{
    public static async Task SendAsync(HttpContext context, IQueueEngine engine, IReadOnlyList<QueueMessage> taken, Func<Task> write)
    {
        var action = SettleAction.Release;
        try
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            await write();
            // The client has its reply from here on; the deletion keeps only its next request on this connection waiting.
            await context.Response.CompleteAsync();
            if (!context.RequestAborted.IsCancellationRequested) action = SettleAction.Ack;
        }
        finally
        {
            await SettleAsync(engine, taken, action);
        }
    }

    private static async Task SettleAsync(IQueueEngine engine, IReadOnlyList<QueueMessage> taken, SettleAction action)
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
