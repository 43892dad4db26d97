using System.Globalization;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Holds a request for one page of the queues: at most <c>max</c> names <c>after</c> a name.</summary>
/// <param name="Callback">The JSONP callback; null for plain JSON.</param>
/// <param name="After">The name after which the page begins; null for the first page.</param>
/// <param name="Max">The most queues that the page has.</param>
internal readonly record struct QueuePaging(string? Callback, QueueName? After, int Max)
{
    /// <summary>Reads the fields <c>callback</c>, <c>after</c> and <c>max</c> of the query.</summary>
    /// <param name="context">The request.</param>
    /// <param name="options">The limits.</param>
    /// <param name="size">The page size when the request has no <c>max</c>; by default the largest.</param>
    /// <exception cref="FormatException">A field is out of range.</exception>
    public static QueuePaging Of(HttpContext context, RestMqOptions options, int size = int.MaxValue)
    {
        var fields = Fields.OfQuery(context);
        return new QueuePaging(
            fields.Callback,
            fields.Text("after") is { } name ? Route.Name(name) : null,
            fields.Number("max") is { } max ? RequestLimits.Batch(max, options) : Math.Min(size, options.MaxBatch));
    }

    /// <summary>
    /// Returns the names of the page. When another page follows, a <c>Link</c> header holds its URL, and <c>Next</c>
    /// is the name to continue after.
    /// </summary>
    public async ValueTask<(IReadOnlyList<QueueName> Names, string? Next)> ReadAsync(HttpContext context, IQueueEngine engine)
    {
        // Asks for one name more than the page has: when it comes, another page follows.
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
        return $"{Route.SiteOf(request)}{path}{Query(after)}";
    }

    /// <summary>Returns the query string of the page after a name.</summary>
    public string Query(string after)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"?after={Uri.EscapeDataString(after)}&max={Max}");
        return Callback is null ? query : $"{query}&callback={Uri.EscapeDataString(Callback)}";
    }
}
