using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>What a GET of a live stream asks for.</summary>
/// <param name="Callback">The JSONP callback, for lines.</param>
/// <param name="Heartbeat">How often a quiet stream shows that it lives; null for the transport's own way.</param>
/// <param name="Consumer">How the consumer binds.</param>
internal sealed record LiveQuery(string? Callback, TimeSpan? Heartbeat, LiveConsumerOptions Consumer)
{
    private static readonly TimeSpan LongestHeartbeat = TimeSpan.FromHours(1);

    /// <exception cref="FormatException">Something is out of range, or goes not together.</exception>
    public static LiveQuery Of(HttpContext context, RestMqOptions options)
    {
        var fields = Fields.OfQuery(context);
        TimeSpan? lease = fields.Number("lease") is { } seconds ? Limits.Lease(Math.Ceiling(seconds), options) : null; // Those with the same lease are served together.
        var resume = ResumeAfter(context, fields);
        if (lease is not null && resume is not null) throw new FormatException("'lease' gives messages of one's own: it goes with neither 'last_event_id' nor 'from'.");
        if (lease is null && fields.Has("prefetch")) throw new FormatException("'prefetch' goes with 'lease'.");
        var consumer = new LiveConsumerOptions
        {
            ResumeAfter = resume,
            Lease = lease,
            Prefetch = fields.Number("prefetch") is { } prefetch ? (int)Limits.Whole("prefetch", prefetch, 1, options.MaxBatch) : Math.Min(10, options.MaxBatch),
        };
        TimeSpan? heartbeat = fields.Number("heartbeat") is { } beat ? Limits.Time("heartbeat", beat, TimeSpan.FromSeconds(1), LongestHeartbeat) : null;
        return new LiveQuery(fields.Callback, heartbeat, consumer);
    }

    // EventSource sends the header by itself; the field is for those who cannot.
    private static long? ResumeAfter(HttpContext context, Fields fields)
    {
        var header = context.Request.Headers.TryGetValue("Last-Event-ID", out var value) ? value.ToString() : null;
        if ((header is { Length: > 0 } ? header : fields.Text("last_event_id")) is { } id)
            return Limits.Whole("last_event_id", Limits.Number("last_event_id", id), 0, 1L << 53);
        return fields.Text("from") switch
        {
            null => null,
            "earliest" => 0,
            "latest" => null,
            var other => throw new FormatException($"'from' is earliest or latest, not '{Limits.Shorten(other)}'."),
        };
    }
}
