using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Writes the replies that several routes share.</summary>
internal static class Replies
{
    private static readonly Action<Utf8JsonWriter, QueueMessage> WithoutReceipt = static (writer, message) => MessageJson.Write(writer, message);
    private static readonly Action<Utf8JsonWriter, QueueMessage> WithReceipt = static (writer, message) => MessageJson.Write(writer, message, receipt: true);

    /// <summary>Writes how many messages a queue has into headers. A monitor reads them by HEAD.</summary>
    public static void Depth(HttpContext context, QueueStats stats)
    {
        var headers = context.Response.Headers;
        headers["RestMQ-Length"] = stats.Ready.ToString(CultureInfo.InvariantCulture);
        headers["RestMQ-Consumers"] = stats.Consumers.ToString(CultureInfo.InvariantCulture);
        if (stats.OldestAge is { } age) headers["RestMQ-Oldest-Age"] = age.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        Reply.Empty(context, StatusCodes.Status200OK);
    }

    /// <summary>Writes a message as JSON.</summary>
    public static void Message(HttpContext context, string? callback, QueueMessage message, bool receipt = false) =>
        Reply.Json(context, callback, message, receipt ? WithReceipt : WithoutReceipt);

    /// <summary>Writes messages as JSON, one a line.</summary>
    public static void Messages(HttpContext context, IReadOnlyList<QueueMessage> messages, bool receipt) =>
        Reply.Lines(context, messages, receipt ? WithReceipt : WithoutReceipt);

    /// <summary>Writes the key of an added message and, on request, its URL as <c>Location</c>.</summary>
    /// <exception cref="Problem">429: the queue is full.</exception>
    public static void Added(HttpContext context, string? callback, AddResult added, bool location)
    {
        if (added.Status == AddStatus.Full)
        {
            throw Problem.Full(
                "A queue must hold at most max_length messages, and this queue is full. Nothing was added. "
                + "Send the message again when others are taken.");
        }
        if (added.Status == AddStatus.KeyReused) throw KeyReused($"which is {added.Key}");
        if (added.Status == AddStatus.Duplicate) context.Response.Headers[DuplicateLines.Header] = "1";
        if (location) context.Response.Headers.Location = Route.UrlOf(context, new Receipt(added.Key, 0));
        Reply.Text(context, callback, added.Key.ToString());
    }

    /// <summary>Writes the keys of several added messages, one a line.</summary>
    /// <exception cref="Problem">429: the queue has no room for all of them.</exception>
    public static void Added(HttpContext context, IReadOnlyList<AddResult> added)
    {
        if (added.Any(result => result.Status == AddStatus.Full))
        {
            throw Problem.Full(
                $"A queue must hold at most max_length messages, and this queue has no room for {added.Count} more. "
                + "Nothing was added. Send fewer, or send them again when others are taken.");
        }
        if (added.FirstOrDefault(result => result.Status == AddStatus.KeyReused && result.Key.Id > 0) is { Status: AddStatus.KeyReused } reused)
            throw KeyReused($"the first of which is {reused.Key}");
        if (DuplicateLines.Write(added) is { } duplicates) context.Response.Headers[DuplicateLines.Header] = duplicates;
        Reply.Text(context, null, string.Join("\r\n", added.Select(result => result.Key.ToString())));
    }

    private static Problem KeyReused(string which) => Problem.IdempotencyKeyReused(
        $"An idempotency key must be used for one message only, but this key was used before with another message, {which}. "
        + "Nothing was added. Send another key.");

    /// <summary>
    /// Writes a message's bytes with its content type. Key, delivery count, receipt and trace go in headers.
    /// </summary>
    public static void Raw(HttpContext context, QueueMessage message, bool receipt)
    {
        var headers = context.Response.Headers;
        headers["RestMQ-Key"] = Ascii(message.Key.ToString());
        headers["RestMQ-Count"] = message.DeliveryCount.ToString(CultureInfo.InvariantCulture);
        if (receipt) headers["RestMQ-Receipt"] = Ascii(message.Receipt.ToString());
        if (message.TraceParent is { } trace) headers.TraceParent = trace;
        if (message.TraceState is { } state) headers.TraceState = state;
        // A message may be an HTML page from any producer. Sandboxed, it runs no script with this site's rights.
        headers.ContentSecurityPolicy = "sandbox";
        Reply.Bytes(context, message.Body.RawContentType, message.Body.Bytes);
    }

    /// <summary>
    /// Sends a page of queues as one JSON object; <paramref name="write"/> writes each queue's member.
    /// </summary>
    public static Task OfQueuesAsync<T>(
        HttpContext context, string? callback, IReadOnlyList<T> queues, string? next, string store, Action<Utf8JsonWriter, T> write) => ListReply.SendAsync(
        context, callback, queues,
        static writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("queues");
        },
        write,
        writer =>
        {
            writer.WriteEndObject();
            writer.WriteNumber("count", queues.Count);
            writer.WriteString("redis", store);
            if (next is not null) writer.WriteString("next", next);
            writer.WriteEndObject();
        });

    // Headers are ASCII. A name with other characters is percent-encoded, as in a URL.
    private static string Ascii(string text) => System.Text.Ascii.IsValid(text) ? text : Uri.EscapeDataString(text);
}
