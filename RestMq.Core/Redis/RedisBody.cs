using System.Buffers.Text;
using System.Text;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Formats and parses a stored message: <c>&lt;id&gt; &lt;added ms&gt; &lt;expires ms or 0&gt;
/// &lt;kind&gt;[&lt;traceparent&gt;][ &lt;content type&gt;][\t&lt;tracestate&gt;]\n&lt;bytes&gt;</c>. The kind is
/// <c>t</c> (text), <c>j</c> (JSON) or <c>b</c> (binary). The head before the bytes is readable in redis-cli. The
/// stored message has everything about a message but its position and its delivery count.
/// </summary>
internal static class RedisBody
{
    /// <summary>Returns the part of the head that the producer decides: kind, trace context and content type.</summary>
    public static RedisValue Kind(in NewMessage message)
    {
        var kind = message.Body.Kind switch { BodyKind.Text => "t", BodyKind.Json => "j", _ => "b" } + message.TraceParent;
        if (message.Body.ContentType is { } type) kind += $" {type}";
        return message.TraceState is { } state ? $"{kind}\t{state}" : kind;
    }

    /// <summary>Reads a stored message. Its delivery number is encoded as in <see cref="DeliveryNumbers"/>.</summary>
    public static QueueMessage Read(QueueName queue, long handOuts, ReadOnlyMemory<byte> stored, long sequence = 0)
    {
        var end = stored.Span.IndexOf((byte)'\n');
        var head = stored.Span[..Math.Max(end, 0)];
        var (id, added) = (Number(queue, ref head), Number(queue, ref head));
        Number(queue, ref head); // Skips the time of expiry, which only the scripts use.
        if (head.IsEmpty) throw NoHead(queue);
        var kind = head[0] switch { (byte)'t' => BodyKind.Text, (byte)'j' => BodyKind.Json, _ => BodyKind.Binary };
        var traceState = After('\t', ref head);
        var type = After(' ', ref head);
        var count = DeliveryNumbers.Count(handOuts);
        return new QueueMessage(
            new MessageKey(queue, id), MessageBody.Stored(kind, stored[(end + 1)..], type), count, DateTimeOffset.FromUnixTimeMilliseconds(added))
        {
            FencesBefore = handOuts - count,
            Sequence = sequence,
            TraceParent = head.Length > 1 ? Encoding.ASCII.GetString(head[1..]) : null,
            TraceState = traceState,
        };
    }

    // Cuts the head off at the first separator. Returns the text behind it, or null when there is no separator.
    private static string? After(char separator, ref ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf((byte)separator);
        if (at < 0) return null;
        var rest = Encoding.ASCII.GetString(head[(at + 1)..]);
        head = head[..at];
        return rest;
    }

    private static long Number(QueueName queue, ref ReadOnlySpan<byte> head)
    {
        if (!Utf8Parser.TryParse(head, out long value, out var digits) || digits + 1 >= head.Length) throw NoHead(queue);
        head = head[(digits + 1)..];
        return value;
    }

    private static InvalidDataException NoHead(QueueName queue) => new(
        $"A message of queue '{queue}' in Redis must begin with an id, two times and a kind, but does not.");
}
