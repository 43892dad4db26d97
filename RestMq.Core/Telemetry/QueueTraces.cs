using System.Diagnostics;

namespace RestMq.Telemetry;

/// <summary>
/// Traces messages through the queue. A message carries the <c>traceparent</c> and <c>tracestate</c> of its sender. The
/// spans of consumers are linked to the sender's span and are not its children, because a message may wait for days and
/// one take may return many messages. Without a listener, no spans are created.
/// </summary>
internal static class QueueTraces
{
    private const int TraceParentLength = 55; // 00-<32 hex>-<16 hex>-<2 hex>

    // The activity that RestMq.AspNetCore (SenderTrace) creates from a sender's headers when the server creates none.
    // No listener sees this activity, so it must not become a parent of spans.
    private const string Carrier = RestMqTelemetry.Name + ".Carrier";

    private static readonly ActivitySource Source = new(RestMqTelemetry.Name);

    /// <summary>Gets whether the traces have a listener.</summary>
    public static bool Watched => Source.HasListeners();

    /// <summary>
    /// Returns whether a message can carry this <c>traceparent</c>. The store keeps it on one line, and replies send it
    /// as a header.
    /// </summary>
    public static bool IsTraceParent(string text) => text.Length == TraceParentLength && ActivityContext.TryParse(text, null, out _);

    /// <summary>
    /// Returns the message with the current trace, if there is one. Keeps a trace that the sender has set.
    /// </summary>
    public static NewMessage Carry(in NewMessage message) =>
        message.TraceParent is null && Current() is { } current ? Carry(message, current) : message;

    /// <inheritdoc cref="Carry(in NewMessage)"/>
    public static IReadOnlyList<NewMessage> Carry(IReadOnlyList<NewMessage> messages) =>
        Current() is { } current ? [.. messages.Select(message => message.TraceParent is null ? Carry(message, current) : message)] : messages;

    /// <summary>Starts the span of an add.</summary>
    public static Activity? Send(QueueName queue, int count, string? parent = null, string? state = null)
    {
        if (!Watched) return null;
        // A sender without a span of its own may still have named the trace of its message.
        if (Activity.Current is { OperationName: Carrier } carrier) (parent, state) = (carrier.ParentId, carrier.TraceStateString);
        else if (Activity.Current is not null) parent = null;
        ActivityContext.TryParse(parent, state, isRemote: true, out var sender);
        var span = Source.StartActivity($"send {queue}", ActivityKind.Producer, sender);
        Describe(span, "send", "send", queue, count);
        return span;
    }

    /// <summary>
    /// Starts the span of a settlement. The span has no link to the sender, because a receipt does not hold the
    /// sender's trace.
    /// </summary>
    public static Activity? Settle(QueueName queue, string action, int count)
    {
        if (!Watched) return null;
        var span = Source.StartActivity($"{action} {queue}", ActivityKind.Client);
        Describe(span, action, "settle", queue, count);
        return span;
    }

    /// <summary>
    /// Records the span of a completed take, with links to the senders of the messages. A take that found nothing has
    /// no span.
    /// </summary>
    public static void Received(IReadOnlyList<QueueMessage> messages, TimeSpan time)
    {
        if (messages.Count > 0) Tell("receive", messages, time);
    }

    /// <summary>Records the span of a message that has been written to a live consumer.</summary>
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

    // Returns the nearest recorded span, or else the remote parent of the outermost span, because a server that records
    // nothing must not cut a trace in two. A span without a source may have the recorded flag only because its parent
    // had it, so such a span does not count as recorded.
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
