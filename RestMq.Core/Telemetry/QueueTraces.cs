using System.Diagnostics;

namespace RestMq.Telemetry;

/// <summary>
/// Traces through the queue. A message carries the <c>traceparent</c> and <c>tracestate</c> of who sent it, and the spans of those who get it are linked with that:
/// linked, not children, since a message may wait for days and one take may bring many. Nothing is made while nobody listens.
/// </summary>
internal static class QueueTraces
{
    private const int TraceParentLength = 55; // 00-<32 hex>-<16 hex>-<2 hex>

    // What RestMq.AspNetCore makes of a sender's word where the server makes nothing (SenderTrace): nobody sees it, so it is nobody's parent.
    private const string Carrier = RestMqTelemetry.Name + ".Carrier";

    private static readonly ActivitySource Source = new(RestMqTelemetry.Name);

    /// <summary>Whether anybody listens.</summary>
    public static bool Watched => Source.HasListeners();

    /// <summary>Whether it is one that a message can carry: it is kept on a line of the store and sent as a header.</summary>
    public static bool IsTraceParent(string text) => text.Length == TraceParentLength && ActivityContext.TryParse(text, null, out _);

    /// <summary>A message with the trace it is sent in, if there is one; its sender's own word is left as it is.</summary>
    public static NewMessage Carry(in NewMessage message) =>
        message.TraceParent is null && Current() is { } current ? Carry(message, current) : message;

    /// <inheritdoc cref="Carry(in NewMessage)"/>
    public static IReadOnlyList<NewMessage> Carry(IReadOnlyList<NewMessage> messages) =>
        Current() is { } current ? [.. messages.Select(message => message.TraceParent is null ? Carry(message, current) : message)] : messages;

    /// <summary>Begins the span of an add.</summary>
    public static Activity? Send(QueueName queue, int count, string? parent = null, string? state = null)
    {
        if (!Watched) return null;
        // Whoever has no span of his own may still have said to which trace his message belongs.
        if (Activity.Current is { OperationName: Carrier } carrier) (parent, state) = (carrier.ParentId, carrier.TraceStateString);
        else if (Activity.Current is not null) parent = null;
        ActivityContext.TryParse(parent, state, isRemote: true, out var sender);
        var span = Source.StartActivity($"send {queue}", ActivityKind.Producer, sender);
        Describe(span, "send", "send", queue, count);
        return span;
    }

    /// <summary>Begins the span of a settlement. It is linked with no sender: a receipt does not tell who that was.</summary>
    public static Activity? Settle(QueueName queue, string action, int count)
    {
        if (!Watched) return null;
        var span = Source.StartActivity($"{action} {queue}", ActivityKind.Client);
        Describe(span, action, "settle", queue, count);
        return span;
    }

    /// <summary>Tells of a take that is over, linked with those who sent the messages. One that found nothing is not told of.</summary>
    public static void Received(IReadOnlyList<QueueMessage> messages, TimeSpan time)
    {
        if (messages.Count > 0) Tell("receive", messages, time);
    }

    /// <summary>Tells that a message has been written to a live consumer.</summary>
    public static void Delivered(QueueMessage message)
    {
        if (message.TraceParent is not null) Tell("deliver", [message], TimeSpan.Zero);
    }

    private static NewMessage Carry(in NewMessage message, (string Parent, string? State) trace) =>
        message with { TraceParent = trace.Parent, TraceState = trace.State };

    private static void Tell(string operation, IReadOnlyList<QueueMessage> messages, TimeSpan time)
    {
        if (!Watched) return;
        var queue = messages[0].Key.Queue;
        using var span = Source.StartActivity(
            $"{operation} {queue}", ActivityKind.Client, parentContext: default, tags: null, Links(messages), TimeProvider.System.GetUtcNow() - time);
        Describe(span, operation, "receive", queue, messages.Count);
        if (messages.Count == 1) span?.SetTag("messaging.message.id", messages[0].Key.ToString());
    }

    private static void Describe(Activity? span, string operation, string type, QueueName queue, int count)
    {
        if (span is not { IsAllDataRequested: true }) return;
        span.SetTag("messaging.system", "restmq");
        span.SetTag("messaging.operation.name", operation);
        span.SetTag("messaging.operation.type", type);
        span.SetTag("messaging.destination.name", queue.Value);
        if (count > 1) span.SetTag("messaging.batch.message_count", count);
    }

    private static IEnumerable<ActivityLink> Links(IReadOnlyList<QueueMessage> messages)
    {
        foreach (var message in messages)
        {
            if (ActivityContext.TryParse(message.TraceParent, message.TraceState, isRemote: true, out var sender)) yield return new ActivityLink(sender);
        }
    }

    // The nearest span that somebody records; or else what the outermost came with, since a server that records nothing must not cut a trace
    // in two. A span of no source may say that it is recorded only because the one it came from was.
    private static (string Parent, string? State)? Current()
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } current) return null;
        for (var span = current; ; span = span.Parent)
        {
            if (span is { Recorded: true, Source.Name: not "" }) return (span.Id!, span.TraceStateString);
            if (span.Parent is not null) continue;
            if (span.ParentId is { } remote && IsTraceParent(remote)) return (remote, span.TraceStateString);
            return current.Recorded ? (current.Id!, current.TraceStateString) : null;
        }
    }
}
