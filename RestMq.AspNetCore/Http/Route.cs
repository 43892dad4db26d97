using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Reads what the route of a request names, and makes URLs of it.</summary>
internal static class Route
{
    // Asked one after another in one request, so few.
    private const int MaxQueues = 100;

    /// <exception cref="Problem">It is no queue name.</exception>
    public static QueueName Queue(HttpContext context) => Name(Text(context, "queue"));

    /// <summary>One or several queues, comma between.</summary>
    /// <exception cref="Problem">One is no queue name.</exception>
    public static QueueName[] Queues(HttpContext context)
    {
        var text = Text(context, "queue");
        if (text is null || !text.Contains(',')) return [Name(text)];
        var names = text.Split(',');
        if (names.Length > MaxQueues) throw Problem.BadRequest($"At most {MaxQueues} queues are asked at a time.");
        return [.. names.Select(Name).Distinct()];
    }

    /// <summary>The key or receipt of a message of the route's queue.</summary>
    /// <exception cref="Problem">It is none, or of another queue.</exception>
    public static Receipt Receipt(HttpContext context)
    {
        var queue = Queue(context);
        var text = Text(context, "key") ?? "";
        if (!RestMq.Receipt.TryParse(text, out var receipt))
            throw Problem.BadRequest($"A message's key is such as {queue}:1, and a receipt such as {queue}:1.1; '{Limits.Shorten(text)}' is neither.");
        return receipt.Key.Queue == queue ? receipt : throw Problem.BadRequest($"{receipt} is not of the queue {queue}.");
    }

    /// <summary>A message of a queue, as a field names it.</summary>
    /// <exception cref="Problem">It is no key, or of another queue.</exception>
    public static MessageKey Key(QueueName queue, string text)
    {
        if (!MessageKey.TryParse(text, out var key)) throw Problem.BadRequest($"'key' is a message's key, such as {queue}:1, not '{Limits.Shorten(text)}'.");
        return key.Queue == queue ? key : throw Problem.BadRequest($"{key} is not of the queue {queue}.");
    }

    public static QueueName Name(string? text) => QueueName.TryParse(text, out var name, out var error) ? name : throw Problem.BadQueueName(error);

    /// <summary>The URL of a message, given any URL of a queue of the same group of routes.</summary>
    public static string UrlOf(HttpContext context, Receipt receipt)
    {
        var request = context.Request;
        var path = request.Path.Value!.TrimEnd('/');
        // A percent sign of the name: PathString takes what looks like an escape for one.
        var name = $"{receipt.Key.Queue}/{receipt}".Replace("%", "%25", StringComparison.Ordinal);
        var message = request.PathBase.Add(new PathString($"{path[..path.LastIndexOf('/')]}/{name}"));
        return $"{request.Scheme}://{request.Host}{message.ToUriComponent()}";
    }

    private static string? Text(HttpContext context, string name)
    {
        if (context.Request.RouteValues[name] is not string text) return null;
        return text.Contains('%') && !IsDecoded(context)
            ? throw Problem.BadQueueName("A name in a URL is percent-encoded UTF-8 without '/': this one holds an escape that does not stand for that.")
            : text;
    }

    // The server leaves %2F and escapes of bytes that are no UTF-8 as they are, so that they look like a name with a percent sign in it. In a
    // path that was decoded whole, every percent sign comes from a %25.
    private static bool IsDecoded(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var query = raw.IndexOf('?');
        var path = context.Request.PathBase.Value + context.Request.Path.Value;
        return path.AsSpan().Count('%') == (query < 0 ? raw : raw[..query]).AsSpan().Count("%25");
    }
}
