using System.Buffers.Text;
using System.Text;
using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// A stored body: <c>&lt;id&gt; &lt;added ms&gt; &lt;dies ms or 0&gt; &lt;kind&gt;[&lt;traceparent&gt;][ &lt;content type&gt;][\t&lt;tracestate&gt;]\n&lt;bytes&gt;</c>,
/// kind being <c>t</c>, <c>j</c> or <c>b</c>: readable in redis-cli, and all there is to a message but its place and its count.
/// </summary>
internal static class RedisBody
{
    /// <summary>The part of the head that the sender decides.</summary>
    public static RedisValue Kind(in NewMessage message)
    {
        var kind = message.Body.Kind switch { BodyKind.Text => "t", BodyKind.Json => "j", _ => "b" } + message.TraceParent;
        if (message.Body.ContentType is { } type) kind += $" {type}";
        return message.TraceState is { } state ? $"{kind}\t{state}" : kind;
    }

    /// <summary>Reads a message, which was handed out as <see cref="HandOuts"/> has it.</summary>
    public static QueueMessage Read(QueueName queue, long handOuts, ReadOnlyMemory<byte> stored, long sequence = 0)
    {
        var end = stored.Span.IndexOf((byte)'\n');
        var head = stored.Span[..Math.Max(end, 0)];
        var (id, added) = (Number(queue, ref head), Number(queue, ref head));
        Number(queue, ref head); // When it dies is the scripts' business.
        if (head.IsEmpty) throw NoHead(queue);
        var kind = head[0] switch { (byte)'t' => BodyKind.Text, (byte)'j' => BodyKind.Json, _ => BodyKind.Binary };
        var traceState = After('\t', ref head);
        var type = After(' ', ref head);
        var count = HandOuts.Count(handOuts);
        return new QueueMessage(
            new MessageKey(queue, id), MessageBody.Stored(kind, stored[(end + 1)..], type), count, DateTimeOffset.FromUnixTimeMilliseconds(added))
        {
            FencesBefore = handOuts - count,
            Sequence = sequence,
            TraceParent = head.Length > 1 ? Encoding.ASCII.GetString(head[1..]) : null,
            TraceState = traceState,
        };
    }

    // Cuts off what follows the first of a separator.
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

    private static InvalidDataException NoHead(QueueName queue) => new($"A body of {queue} in Redis is not one that this version writes.");
}
