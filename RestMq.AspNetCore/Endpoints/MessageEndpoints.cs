using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary>Handles <c>/q/{queue}/{key}</c>: a message by its key, or one delivery by its receipt.</summary>
internal sealed class MessageEndpoints(IQueueEngine engine, RestMqOptions options)
{
    public async Task PeekAsync(HttpContext context)
    {
        var key = Route.Receipt(context).Key;
        var callback = Fields.OfQuery(context).Callback;
        var snapshot = await engine.PeekAsync(key, context.RequestAborted) ?? throw Unknown(key);
        Reply.Json(context, callback, snapshot, static (writer, found) => MessageJson.Write(writer, found));
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var receipt = Route.Receipt(context);
        await SettleAsync(context, new Settlement(receipt, SettleAction.Ack));
    }

    public async Task SettleAsync(HttpContext context)
    {
        var receipt = Route.Receipt(context);
        if (receipt.Fence == 0)
        {
            throw Problem.BadRequest(
                $"A delivery must be settled by its receipt, such as {receipt}.1, but the path has the key {receipt}. "
                + "Take the message with 'lease' to get a receipt.");
        }
        var fields = await Fields.ReadAsync(context, AddRequests.FormLimit(options));
        await SettleAsync(context, (fields.Number("lease"), fields.Number("release"), fields.Text("bury")) switch
        {
            ({ } lease, null, null) => new Settlement(receipt, SettleAction.Extend) { Time = RequestLimits.Lease(lease, options) },
            (null, { } release, null) => new Settlement(receipt, SettleAction.Release) { Time = RequestLimits.Delay(release, options, "release") },
            (null, null, { } reason) => new Settlement(receipt, SettleAction.Bury) { Reason = RequestLimits.Reason(reason) },
            _ => throw Problem.BadRequest(
                "A settlement must have exactly one of 'lease', 'release' and 'bury', but has none or several. "
                + "Send lease=N to extend the lease to N seconds, release=N to release after N seconds, or "
                + "bury=reason."),
        });
    }

    private async Task SettleAsync(HttpContext context, Settlement settlement)
    {
        var result = await engine.SettleAsync(settlement, context.RequestAborted);
        if (result == SettleResult.Stale) throw Problem.StaleReceipt(settlement.Receipt);
        if (result == SettleResult.Unknown) throw Unknown(settlement.Receipt.Key);
        Reply.Empty(context, StatusCodes.Status204NoContent);
    }

    private static Problem Unknown(MessageKey key) => Problem.NotFound(
        $"The message {key} does not exist: it was acked, deleted or expired, or was never added.");
}
