using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>What a GET of a queue asks for.</summary>
/// <param name="Callback">The JSONP callback.</param>
/// <param name="Wait">How long to wait for a message.</param>
/// <param name="Max">How many messages, one a line; null for one by itself.</param>
/// <param name="Lease">For how long they are the client's to settle; null for a plain take.</param>
/// <param name="Raw">Whether the message's own bytes are wanted.</param>
internal readonly record struct TakeQuery(string? Callback, TimeSpan Wait, int? Max, TimeSpan? Lease, bool Raw)
{
    /// <exception cref="FormatException">Something is out of range, or goes not together.</exception>
    public static TakeQuery Of(HttpContext context, RestMqOptions options)
    {
        var wait = PreferredWait(context.Request, options);
        if (!context.Request.QueryString.HasValue && wait is null) return default;
        var fields = Fields.OfQuery(context);
        var query = new TakeQuery(
            fields.Callback,
            Limits.Wait(fields.Number("wait") ?? wait ?? 0, options),
            fields.Number("max") is { } max ? Limits.Batch(max, options) : null,
            fields.Number("lease") is { } lease ? Limits.Lease(lease, options) : null,
            fields.Text("format") switch
            {
                null or "json" => false,
                "raw" => true,
                var other => throw new FormatException($"'format' is json or raw, not '{Limits.Shorten(other)}'."),
            });
        if (query.Max is not null && (query.Raw || query.Callback is not null))
            throw new FormatException("'max' answers with lines of JSON: it goes with neither 'format=raw' nor 'callback'.");
        return query.Raw && query.Callback is not null ? throw new FormatException("'format=raw' goes not with 'callback'.") : query;
    }

    // Prefer: wait=20 (RFC 7240). A preference that makes no sense is ignored, as that standard says.
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
