using System.Text;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Reads messages to add from a request: a form's value, a body that is itself the message, or lines of JSON.
/// </summary>
internal static class Adding
{
    /// <summary>The largest form: percent-encoding makes three bytes of one, and other fields need a little.</summary>
    public static int FormLimit(RestMqOptions options) => (int)Math.Min((options.MaxMessageBytes * 3L) + 65_536, int.MaxValue);

    /// <summary>The message in a form's <c>value</c>, or <c>msg</c>.</summary>
    public static NewMessage OfForm(Fields fields, HttpContext context, RestMqOptions options)
    {
        if ((fields.Find("value") ?? fields.Find("msg")) is not { Value.IsEmpty: false } field)
        {
            throw Problem.BadRequest(
                "'value' is missing or empty. Send it as a form (curl -d value=foobar), or send the message as the body with a Content-Type of its own.");
        }
        var body = field.ContentType is null ? MessageBody.FromUtf8(field.Value) : MessageBody.FromRequest(field.Value, field.ContentType);
        return Complete(body, fields, context, options);
    }

    /// <summary>The message that is the body itself.</summary>
    public static NewMessage OfBody(ReadOnlyMemory<byte> body, Fields fields, HttpContext context, RestMqOptions options)
    {
        if (body.IsEmpty) throw Problem.BadRequest("The message is missing: the body is empty.");
        return Complete(MessageBody.FromRequest(body, context.Request.ContentType), fields, context, options);
    }

    /// <summary>
    /// One JSON message a line; blank lines are skipped. An idempotency key stands for all of them: each message is
    /// known by it and its number, so the same lines sent again add nothing.
    /// </summary>
    public static async ValueTask<List<NewMessage>> OfLinesAsync(Fields fields, HttpContext context, RestMqOptions options)
    {
        ReadOnlyMemory<byte> bytes = await RequestBody.ReadAsync(context.Request, options.MaxBatchBytes);
        var messages = new List<NewMessage>();
        for (var number = 1; !bytes.IsEmpty; number++)
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            var line = Trim(end < 0 ? bytes : bytes[..end]);
            bytes = end < 0 ? default : bytes[(end + 1)..];
            if (line.IsEmpty) continue;
            if (messages.Count == options.MaxBatch) throw Problem.BadRequest($"At most {options.MaxBatch} messages are added at a time. Nothing was added.");
            var message = Complete(OfLine(line, number), fields, context, options);
            messages.Add(message.IdempotencyKey is { } id ? message with { IdempotencyKey = Limits.IdempotencyKey($"{id}/{messages.Count + 1}") } : message);
        }
        if (messages.Count == 0) throw Problem.BadRequest("The messages are missing: send one JSON value a line.");
        return messages;
    }

    private static MessageBody OfLine(ReadOnlyMemory<byte> line, int number)
    {
        try
        {
            return MessageBody.FromJson(line);
        }
        catch (FormatException)
        {
            throw Problem.BadRequest($"Line {number} is not valid JSON in UTF-8. Nothing was added.");
        }
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line)
    {
        var range = Ascii.Trim(line.Span);
        return line[range];
    }

    private static NewMessage Complete(MessageBody body, Fields fields, HttpContext context, RestMqOptions options)
    {
        if (body.Bytes.Length > options.MaxMessageBytes)
            throw Problem.TooLarge($"A message has at most {options.MaxMessageBytes} bytes; this one has {body.Bytes.Length}.");
        var id = fields.Text("id") ?? (context.Request.Headers.TryGetValue("Idempotency-Key", out var header) ? header.ToString() : null);
        return new NewMessage(body)
        {
            Delay = fields.Number("delay") is { } delay ? Limits.Delay(delay, options) : TimeSpan.Zero,
            TimeToLive = fields.Number("ttl") is { } ttl ? Limits.TimeToLive(ttl, options) : null,
            IdempotencyKey = id is null ? null : Limits.IdempotencyKey(id),
            Durability = fields.Text("durability") is { } durability ? Words.Durability(durability) : null,
        };
    }
}
