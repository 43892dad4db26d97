using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Holds the fields of <c>GET /q/{queue}</c>.</summary>
/// <param name="Callback">The JSONP callback; null for plain JSON.</param>
/// <param name="Wait">How long to wait for a message.</param>
/// <param name="Max">The most messages to take, written one a line; null for one message as one JSON value.</param>
/// <param name="Lease">The lease, after which an unsettled message is delivered again; null for a plain take.</param>
/// <param name="Raw">Whether to reply with the message's bytes.</param>
/// <param name="Soft">
/// Whether to show the message at the head instead of taking it, as the original's field <c>soft</c> asks for.
/// </param>
internal readonly record struct TakeQuery(string? Callback, TimeSpan Wait, int? Max, TimeSpan? Lease, bool Raw, bool Soft)
{
    /// <summary>Reads the query and the header <c>Prefer</c>.</summary>
    /// <exception cref="FormatException">A field is out of range, or two fields exclude each other.</exception>
    public static TakeQuery Of(HttpContext context, RestMqOptions options)
    {
        var wait = PreferredWait(context.Request, options);
        if (!context.Request.QueryString.HasValue && wait is null) return default;
        var fields = Fields.OfQuery(context);
        var query = new TakeQuery(
            fields.Callback,
            RequestLimits.Wait(fields.Number("wait") ?? wait ?? 0, options),
            fields.Number("max") is { } max ? RequestLimits.Batch(max, options) : null,
            fields.Number("lease") is { } lease ? RequestLimits.Lease(lease, options) : null,
            fields.Text("format") switch
            {
                null or "json" => false,
                "raw" => true,
                var other => throw new FormatException(
                    $"'format' must be json or raw, but was '{WireNames.Shorten(other)}'."),
            },
            fields.Flag("soft"));
        if (query.Soft && (query.Max is not null || query.Lease is not null || fields.Has("wait")))
        {
            throw new FormatException(
                "'soft' must not be combined with 'wait', 'max' or 'lease', because it shows one message and takes "
                + "none. Leave one of them out.");
        }
        if (query.Max is not null && (query.Raw || query.Callback is not null))
        {
            throw new FormatException(
                "'max' must not be combined with 'format=raw' or 'callback', because it replies with lines of JSON. "
                + "Leave one of them out.");
        }
        return query.Raw && query.Callback is not null
            ? throw new FormatException("'format=raw' must not be combined with 'callback'. Leave one of them out.")
            : query;
    }

    // Prefer: wait=20 (RFC 7240). An invalid preference is ignored, as RFC 7240 requires.
    private static double? PreferredWait(HttpRequest request, RestMqOptions options)
    {
        if (!request.Headers.TryGetValue("Prefer", out var prefer)) return null;
        foreach (var preference in prefer.ToString().Split(','))
        {
            var trimmed = preference.Trim();
            if (trimmed.StartsWith("wait=", StringComparison.OrdinalIgnoreCase) && int.TryParse(trimmed.AsSpan(5), out var seconds) && seconds >= 0)
                return Math.Min(seconds, options.MaxWait.TotalSeconds);
        }
        return null;
    }
}
