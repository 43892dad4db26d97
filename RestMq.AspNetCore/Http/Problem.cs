using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Reports a request that cannot be served, as problem+json (RFC 9457). The types are stable;
/// <see cref="ProblemTypes"/> has them.
/// </summary>
internal sealed class Problem(int status, string type, string title, string detail) : Exception(detail)
{
    public int Status => status;

    /// <summary>
    /// Gets the limit that the request exceeds, as a member of the problem. A client that sends several requests instead
    /// learns it. Null when there is none to learn.
    /// </summary>
    public (string Name, long Value)? Limit { get; init; }

    public static Problem BadQueueName(string detail) => new(400, ProblemTypes.BadQueueName, "Not a queue name", detail);

    public static Problem BadRequest(string detail) => new(400, ProblemTypes.BadRequest, "Bad request", detail);

    public static Problem TooManyMessages(int limit) => new(
        400, ProblemTypes.BadRequest, "Bad request",
        $"A request must add at most {limit} messages, but has more. Nothing was added. Send them in several requests.") { Limit = ("max_messages", limit) };

    public static Problem BodyTooLarge(int limit) => new(
        413, ProblemTypes.TooLarge, "Too large", $"The body must have at most {limit} bytes on this route, but has more. Send less.")
    { Limit = ("max_bytes", limit) };

    public static Problem DurabilityUnsupported(string detail) => new(400, ProblemTypes.DurabilityUnsupported, "Durability not supported", detail);

    public static Problem Unauthorized(string detail) => new(401, ProblemTypes.Unauthorized, "Unauthorized", detail);

    public static Problem Forbidden(string detail) => new(403, ProblemTypes.Forbidden, "Forbidden", detail);

    public static Problem NotFound(string detail) => new(404, ProblemTypes.NotFound, "Not found", detail);

    public static Problem RequestTimeout(string detail) => new(408, ProblemTypes.RequestTimeout, "Request timeout", detail);

    public static Problem StaleReceipt(Receipt receipt) => new(
        409, ProblemTypes.StaleReceipt, "Stale receipt",
        $"A receipt must be that of the current delivery, but {receipt} is stale: the message was released or "
        + "delivered again. Nothing was changed. Settle the message with the receipt of its newest delivery.");

    public static Problem UnknownHost(string detail) => new(421, ProblemTypes.UnknownHost, "Misdirected request", detail);

    public static Problem TooLarge(string detail) => new(413, ProblemTypes.TooLarge, "Too large", detail);

    public static Problem UnsupportedEncoding(string detail) => new(415, ProblemTypes.UnsupportedEncoding, "Unsupported encoding", detail);

    public static Problem IdempotencyKeyReused(string detail) => new(422, ProblemTypes.IdempotencyKeyReused, "Idempotency key reused", detail);

    public static Problem UpgradeRequired(string detail) => new(426, ProblemTypes.UpgradeRequired, "Upgrade required", detail);

    public static Problem Full(string detail) => new(429, ProblemTypes.Full, "Full", detail);

    public static Problem TooManyRequests(string detail) => new(429, ProblemTypes.TooManyRequests, "Too many requests", detail);

    public static Problem Unavailable(string detail) => new(503, ProblemTypes.Unavailable, "Store unavailable", detail);

    public static Problem Overloaded(string detail) => new(503, ProblemTypes.Overloaded, "Overloaded", detail);

    public static Problem StoreRefused(string detail) => new(503, ProblemTypes.StoreRefused, "Store refused", detail);

    public static Problem NotReplicated(string detail) => new(503, ProblemTypes.NotReplicated, "Not replicated", detail);

    public void WriteTo(HttpContext context)
    {
        var challenge = context.Response.Headers.WWWAuthenticate;
        context.Response.Clear();
        context.Response.Headers.WWWAuthenticate = challenge; // Set by the site's authentication.
        SetStatus(context.Response, status);
        Reply.Json(context, callback: null, this, static (writer, problem) => problem.Write(writer), "application/problem+json");
    }

    /// <summary>Sets a status, and the headers that go with it on every route.</summary>
    public static void SetStatus(HttpResponse response, int status)
    {
        response.StatusCode = status;
        if (status is 415) response.Headers.AcceptEncoding = ContentEncodings.Accepted;
        if (status is 426) response.Headers.Upgrade = "websocket";
        if (status is 429 or 503) response.Headers.RetryAfter = "1";
    }

    /// <summary>Writes the problem as an error of the JSON protocol: <c>{"error":"…"}</c>.</summary>
    public void WriteError(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("error", Message);
        writer.WriteEndObject();
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", type);
        writer.WriteString("title", title);
        writer.WriteNumber("status", status);
        writer.WriteString("detail", Message);
        if (Limit is { } limit) writer.WriteNumber(limit.Name, limit.Value);
        writer.WriteEndObject();
    }
}
