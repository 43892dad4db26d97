using System.Text;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Reads messages to add from a request: a form's <c>value</c>, the body itself, or lines of JSON.
/// </summary>
internal static class AddRequests
{
    /// <summary>
    /// Returns the largest size of a form, in bytes. Percent-encoding makes three bytes of one; 64 KiB remain for the
    /// other fields.
    /// </summary>
    public static int FormLimit(RestMqOptions options) =>
        (int)Math.Min((options.MaxMessageBytes * 3L) + 65_536, int.MaxValue);

    /// <summary>Returns the message in a form's field <c>value</c>, or <c>msg</c>.</summary>
    public static NewMessage OfForm(Fields fields, HttpContext context, RestMqOptions options)
    {
        if ((fields.Find("value") ?? fields.Find("msg")) is not { } field)
        {
            throw Problem.BadRequest(
                "The request must have a message in 'value', but has none. "
                + "Send it in a form (curl -d value=foobar), or send the message as the body, with its own Content-Type.");
        }
        if (field.ContentType is null) Fields.CheckUtf8(field, "value");
        var body = field.ContentType is null ? MessageBody.FromUtf8(field.Value) : MessageBody.FromRequest(field.Value, field.ContentType);
        return With(body, OptionsOf(fields, context, options), options);
    }

    /// <summary>Returns the message that is the body itself. A body without bytes is an empty message.</summary>
    public static NewMessage OfBody(ReadOnlyMemory<byte> body, Fields fields, HttpContext context, RestMqOptions options) =>
        With(MessageBody.FromRequest(body, context.Request.ContentType), OptionsOf(fields, context, options), options);

    /// <summary>
    /// Reads one JSON message a line. Blank lines are skipped. One idempotency key covers the whole request: each
    /// message gets that key and its number, so the same lines sent again add nothing.
    /// </summary>
    public static async ValueTask<List<NewMessage>> OfLinesAsync(Fields fields, HttpContext context, RestMqOptions options)
    {
        ReadOnlyMemory<byte> bytes = await RequestBody.ReadAsync(context.Request, options.MaxBatchBytes);
        var shared = OptionsOf(fields, context, options); // Once, because each line has the same.
        var messages = new List<NewMessage>();
        for (var number = 1; !bytes.IsEmpty; number++)
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            var line = Trim(end < 0 ? bytes : bytes[..end]);
            bytes = end < 0 ? default : bytes[(end + 1)..];
            if (line.IsEmpty) continue;
            if (messages.Count == options.MaxBatch) throw Problem.TooManyMessages(options.MaxBatch);
            var message = With(OfLine(line, number), shared, options);
            messages.Add(message.IdempotencyKey is { } id ? message with { IdempotencyKey = RequestLimits.IdempotencyKey($"{id}/{messages.Count + 1}") } : message);
        }
        if (messages.Count == 0)
        {
            throw Problem.BadRequest(
                "The body must have at least one message, but has none. Send one JSON value a line.");
        }
        return messages;
    }

    private static MessageBody OfLine(ReadOnlyMemory<byte> line, int number)
    {
        try
        {
            return MessageBody.FromJson(JsonUnicode.WithoutMark(line));
        }
        catch (FormatException e)
        {
            throw Problem.BadRequest(
                $"Each line must be one JSON value in UTF-8, but line {number} is not. {e.Message} Nothing was added. "
                + "Correct it and send all lines again.");
        }
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line)
    {
        var range = Ascii.Trim(line.Span);
        return line[range];
    }

    private static NewMessage With(MessageBody body, NewMessage shared, RestMqOptions options) =>
        body.Bytes.Length <= options.MaxMessageBytes
            ? shared with { Body = body, Fingerprint = shared.IdempotencyKey is null ? null : Fingerprint.Of(body) }
            : throw Problem.TooLarge(
                $"A message must have at most {options.MaxMessageBytes} bytes, but has {body.Bytes.Length}. "
                + "Send a shorter one.");

    // Reads everything about a message but its body.
    private static NewMessage OptionsOf(Fields fields, HttpContext context, RestMqOptions options)
    {
        var id = fields.Text("id") ?? IdempotencyKeyHeader.Of(context.Request);
        return new NewMessage
        {
            Delay = fields.Number("delay") is { } delay ? RequestLimits.Delay(delay, options) : TimeSpan.Zero,
            TimeToLive = fields.Number("ttl") is { } ttl ? RequestLimits.TimeToLive(ttl, options) : null,
            IdempotencyKey = id is null ? null : RequestLimits.IdempotencyKey(id),
            IdempotencyWindow = fields.Number("id_ttl") is { } window ? RequestLimits.IdempotencyWindow(window, options) : null,
            Durability = fields.Text("durability") is { } durability ? WireNames.Durability(durability) : null,
        };
    }
}
