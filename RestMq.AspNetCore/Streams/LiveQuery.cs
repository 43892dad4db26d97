using System.Globalization;
using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.Wire;

namespace RestMq.Streams;

/// <summary>Holds the fields of <c>GET /c/{queue}</c> and <c>GET /ws/{queue}</c>.</summary>
/// <param name="Callback">The JSONP callback, for a stream of lines; null for plain JSON.</param>
/// <param name="Heartbeat">The time between heartbeats; null for the transport's default.</param>
/// <param name="Consumer">The options of the live consumer.</param>
/// <param name="HasForeignPlace">
/// Whether the client resumes after an id that RestMQ did not write. The stream then begins at the end of the history,
/// after a gap of everything before it.
/// </param>
/// <param name="AddsText">Whether a text from a WebSocket's client that is no command is a message to add.</param>
internal sealed record LiveQuery(string? Callback, TimeSpan? Heartbeat, LiveConsumerOptions Consumer, bool HasForeignPlace, bool AddsText)
{
    // JavaScript holds whole numbers up to this one exactly.
    private const long LastPlace = 1L << 53;

    private static readonly TimeSpan LongestHeartbeat = TimeSpan.FromHours(1);

    /// <summary>Reads the query and the header <c>Last-Event-ID</c>.</summary>
    /// <exception cref="FormatException">A field is out of range, or two fields exclude each other.</exception>
    public static LiveQuery Of(HttpContext context, RestMqOptions options)
    {
        var fields = Fields.OfQuery(context);
        // Rounded up to whole seconds, because consumers with the same lease are served together.
        TimeSpan? lease = fields.Number("lease") is { } seconds ? RequestLimits.Lease(Math.Ceiling(seconds), options) : null;
        var (resume, isForeign) = ResumeAfter(context, fields);
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
        return new LiveQuery(fields.Callback, heartbeat, consumer, isForeign, fields.Flag("echo"));
    }

    // EventSource sends the header by itself, with whatever id another server or a proxy gave it. A 4xx would end an
    // EventSource for good, so an id that is no place in a history is no error. The field is for clients that cannot
    // set headers. A person wrote it, so a mistake in it is reported.
    private static (long? ResumeAfter, bool IsForeign) ResumeAfter(HttpContext context, Fields fields)
    {
        if (context.Request.Headers.TryGetValue("Last-Event-ID", out var value) && value.ToString() is { Length: > 0 } header)
            return long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place <= LastPlace ? (place, false) : (null, true);
        if (fields.Text("last_event_id") is { } id)
            return (RequestLimits.Whole("last_event_id", RequestLimits.Number("last_event_id", id), 0, LastPlace), false);
        return (From(fields), false);
    }

    private static long? From(Fields fields)
    {
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
