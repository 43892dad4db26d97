using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Reads the queue, key or receipt in the path of a request, and makes URLs of messages.</summary>
internal static class Route
{
    /// <summary>Returns the queue that the path names.</summary>
    /// <exception cref="Problem">The path has no valid queue name.</exception>
    public static QueueName Queue(HttpContext context) => Name(Text(context, "queue"));

    /// <summary>Returns the queues that the path names, separated by commas.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">The most names (<see cref="RestMqOptions.MaxQueuesPerTake"/>).</param>
    /// <exception cref="Problem">A name is not a valid queue name, or the names are too many.</exception>
    public static QueueName[] Queues(HttpContext context, int most)
    {
        var text = Text(context, "queue");
        if (text is null || !text.Contains(',')) return [Name(text)];
        var names = text.Split(',');
        if (names.Length > most)
        {
            throw Problem.BadRequest(
                $"A request must name at most {most} queues, but names {names.Length}. Send several requests.");
        }
        return [.. names.Select(Name).Distinct()];
    }

    /// <summary>Returns the key or receipt in the path. A key is a receipt with the delivery number 0.</summary>
    /// <exception cref="Problem">The text is neither a key nor a receipt, or names another queue.</exception>
    public static Receipt Receipt(HttpContext context)
    {
        var queue = Queue(context);
        var text = Text(context, "key") ?? "";
        if (!RestMq.Receipt.TryParseKeyOrReceipt(text, out var receipt))
        {
            throw Problem.BadRequest(
                $"The path must end in a message's key, such as {queue}:1, or a receipt, such as {queue}:1.1, "
                + $"but ends in '{WireNames.Shorten(text)}'.");
        }
        return receipt.Key.Queue == queue
            ? receipt
            : throw Problem.BadRequest($"The key or receipt must be of the queue {queue}, but was {receipt}.");
    }

    /// <summary>Reads the key of a message from a field.</summary>
    /// <exception cref="Problem">The text is not a key, or names another queue.</exception>
    public static MessageKey Key(QueueName queue, string text)
    {
        if (!MessageKey.TryParse(text, out var key))
        {
            throw Problem.BadRequest(
                $"'key' must be a message's key, such as {queue}:1, but was '{WireNames.Shorten(text)}'.");
        }
        return key.Queue == queue
            ? key
            : throw Problem.BadRequest($"'key' must be of the queue {queue}, but was {key}.");
    }

    public static QueueName Name(string? text) => QueueName.TryParse(text, out var name, out var error) ? name : throw Problem.BadQueueName(error);

    /// <summary>
    /// Returns the URL of a message. The request may be to any route of a queue in the same group of routes.
    /// </summary>
    public static string UrlOf(HttpContext context, Receipt receipt)
    {
        var request = context.Request;
        var path = request.Path.Value!.TrimEnd('/');
        // Encodes percent signs of the name. PathString would take a text such as %41 for an escape.
        var name = $"{receipt.Key.Queue}/{receipt}".Replace("%", "%25", StringComparison.Ordinal);
        var message = request.PathBase.Add(new PathString($"{path[..path.LastIndexOf('/')]}/{name}"));
        return $"{SiteOf(request)}{message.ToUriComponent()}";
    }

    /// <summary>
    /// Returns the scheme and host that a URL begins with. A request of HTTP/1.0 may have no <c>Host</c>. The result is
    /// then empty, and the URL is relative to the host (RFC 3986, section 4.2).
    /// </summary>
    public static string SiteOf(HttpRequest request) => request.Host.HasValue ? $"{request.Scheme}://{request.Host}" : "";

    /// <summary>
    /// Returns the scheme and host for curl lines, which cannot be relative. A request without a <c>Host</c> gets the
    /// address that it came to.
    /// </summary>
    public static string SiteForCurl(HttpContext context)
    {
        if (context.Request.Host.HasValue) return SiteOf(context.Request);
        var here = context.Connection;
        var host = here.LocalIpAddress is { } address ? new System.Net.IPEndPoint(Plain(address), here.LocalPort).ToString() : "localhost";
        return $"{context.Request.Scheme}://{host}";
    }

    private static System.Net.IPAddress Plain(System.Net.IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string? Text(HttpContext context, string name)
    {
        if (context.Request.RouteValues[name] is not string text) return null;
        return text.Contains('%') && !IsDecoded(context)
            ? throw Problem.BadQueueName(
                "A name in a URL must be percent-encoded UTF-8 without '/', but this name has an escape of a '/' or of "
                + "bytes that are not UTF-8. Encode the name as UTF-8.")
            : text;
    }

    // The server does not decode %2F and escapes of bytes that are not UTF-8. They then look like percent signs of the
    // name. In a path that was decoded completely, every percent sign comes from a %25.
    private static bool IsDecoded(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var query = raw.IndexOf('?');
        var path = context.Request.PathBase.Value + context.Request.Path.Value;
        return path.AsSpan().Count('%') == (query < 0 ? raw : raw[..query]).AsSpan().Count("%25");
    }
}
