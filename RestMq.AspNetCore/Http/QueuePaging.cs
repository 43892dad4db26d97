using System.Globalization;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>A request for a page of the queues: <c>after</c> a name, <c>max</c> of them.</summary>
/// <param name="Callback">The JSONP callback.</param>
/// <param name="After">The name after which the page begins; null for the first page.</param>
/// <param name="Max">How many queues at most.</param>
internal readonly record struct QueuePaging(string? Callback, QueueName? After, int Max)
{
    /// <param name="context">The request.</param>
    /// <param name="options">The limits.</param>
    /// <param name="size">The size of a page for which the request names none; by default the largest.</param>
    /// <exception cref="FormatException">Something is out of range.</exception>
    public static QueuePaging Of(HttpContext context, RestMqOptions options, int size = int.MaxValue)
    {
        var fields = Fields.OfQuery(context);
        return new QueuePaging(
            fields.Callback,
            fields.Text("after") is { } name ? Route.Name(name) : null,
            fields.Number("max") is { } max ? Limits.Batch(max, options) : Math.Min(size, options.MaxBatch));
    }

    /// <summary>
    /// Gets the page. Where another follows, a <c>Link</c> header names it, and its cursor is returned beside the
    /// names.
    /// </summary>
    public async ValueTask<(IReadOnlyList<QueueName> Names, string? Next)> ReadAsync(HttpContext context, IQueueEngine engine)
    {
        // One more than the page has tells that there is another.
        var names = await engine.ListAsync(After, Max + 1, context.RequestAborted);
        if (names.Count <= Max) return (names, null);
        var next = names[Max - 1].Value;
        context.Response.Headers.Link = $"<{UrlOf(context, next)}>; rel=\"next\"";
        return ([.. names.Take(Max)], next);
    }

    private string UrlOf(HttpContext context, string after)
    {
        var request = context.Request;
        var path = request.PathBase.Add(request.Path).ToUriComponent();
        return $"{request.Scheme}://{request.Host}{path}{Query(after)}";
    }

    /// <summary>The query of the page after a name.</summary>
    public string Query(string after)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"?after={Uri.EscapeDataString(after)}&max={Max}");
        return Callback is null ? query : $"{query}&callback={Uri.EscapeDataString(Callback)}";
    }
}
