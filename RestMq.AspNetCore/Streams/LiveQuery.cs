using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>Holds the fields of <c>GET /c/{queue}</c> and <c>GET /ws/{queue}</c>.</summary>
/// <param name="Callback">The JSONP callback, for a stream of lines; null for plain JSON.</param>
/// <param name="Heartbeat">The time between heartbeats; null for the transport's default.</param>
/// <param name="Consumer">The options of the live consumer.</param>
internal sealed record LiveQuery(string? Callback, TimeSpan? Heartbeat, LiveConsumerOptions Consumer)
{
    private static readonly TimeSpan LongestHeartbeat = TimeSpan.FromHours(1);

    /// <summary>Reads the query and the header <c>Last-Event-ID</c>.</summary>
    /// <exception cref="FormatException">A field is out of range, or two fields exclude each other.</exception>
    public static LiveQuery Of(HttpContext context, RestMqOptions options)
    {
        var fields = Fields.OfQuery(context);
        // Rounded up to whole seconds, because consumers with the same lease are served together.
        TimeSpan? lease = fields.Number("lease") is { } seconds ? RequestLimits.Lease(Math.Ceiling(seconds), options) : null;
        var resume = ResumeAfter(context, fields);
        if (lease is not null && resume is not null)
        {
            throw new FormatException(
                "'lease' must not be combined with 'last_event_id' or 'from', because leased messages have no history. "
                + "Leave one of them out.");
        }
        if (lease is null && fields.Has("prefetch"))
            throw new FormatException("'prefetch' must be combined with 'lease', but 'lease' is missing. Add it.");
        var consumer = new LiveConsumerOptions
        {
            ResumeAfter = resume,
            Lease = lease,
            Prefetch = fields.Number("prefetch") is { } prefetch ? (int)RequestLimits.Whole("prefetch", prefetch, 1, options.MaxBatch) : Math.Min(10, options.MaxBatch),
        };
        TimeSpan? heartbeat = fields.Number("heartbeat") is { } beat ? RequestLimits.Time("heartbeat", beat, TimeSpan.FromSeconds(1), LongestHeartbeat) : null;
        return new LiveQuery(fields.Callback, heartbeat, consumer);
    }

    // EventSource sends the header by itself. The field is for clients that cannot set headers.
    private static long? ResumeAfter(HttpContext context, Fields fields)
    {
        var header = context.Request.Headers.TryGetValue("Last-Event-ID", out var value) ? value.ToString() : null;
        if ((header is { Length: > 0 } ? header : fields.Text("last_event_id")) is { } id)
            return RequestLimits.Whole("last_event_id", RequestLimits.Number("last_event_id", id), 0, 1L << 53);
        return fields.Text("from") switch
        {
            null => null,
            "earliest" => 0,
            "latest" => null,
            var other => throw new FormatException(
                $"'from' must be earliest or latest, but was '{WireNames.Shorten(other)}'."),
        };
    }
}
