using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Endpoints;

/// <summary><c>/q/{queue}/{key}</c>: one message, or one hand-out of it.</summary>
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
        if (receipt.Fence == 0) throw Problem.BadRequest($"Settle a hand-out by its receipt, such as {receipt}.1: a lease gives it.");
        var fields = await Fields.ReadAsync(context, Adding.FormLimit(options));
        await SettleAsync(context, (fields.Number("lease"), fields.Number("release"), fields.Text("bury")) switch
        {
            ({ } lease, null, null) => new Settlement(receipt, SettleAction.Extend) { Time = Limits.Lease(lease, options) },
            (null, { } release, null) => new Settlement(receipt, SettleAction.Release) { Time = Limits.Delay(release, options, "release") },
            (null, null, { } reason) => new Settlement(receipt, SettleAction.Bury) { Reason = Limits.Reason(reason) },
            _ => throw Problem.BadRequest("Say one of: lease=N to extend, release=N to give back after N seconds, bury=reason."),
        });
    }

    private async Task SettleAsync(HttpContext context, Settlement settlement)
    {
        var result = await engine.SettleAsync(settlement, context.RequestAborted);
        if (result == SettleResult.Stale) throw Problem.StaleReceipt(settlement.Receipt);
        if (result == SettleResult.Unknown) throw Unknown(settlement.Receipt.Key);
        Reply.Empty(context, StatusCodes.Status204NoContent);
    }

    private static Problem Unknown(MessageKey key) => Problem.NotFound($"There is no message {key}: it was deleted, or never was.");
}
