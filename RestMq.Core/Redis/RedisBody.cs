using System.Buffers.Text;
using System.Text;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// A stored body: <c>&lt;added ms&gt; &lt;dies ms or 0&gt; &lt;kind&gt;[ &lt;content type&gt;]\n&lt;bytes&gt;</c>, kind being <c>t</c>, <c>j</c> or <c>b</c>:
/// readable in redis-cli, and one string to fetch.
/// </summary>
internal static class RedisBody
{
    /// <summary>The part of the head that the sender decides.</summary>
    public static RedisValue Kind(MessageBody body)
    {
        var kind = body.Kind switch { BodyKind.Text => "t", BodyKind.Json => "j", _ => "b" };
        return body.ContentType is null ? kind : $"{kind} {body.ContentType}";
    }

    /// <summary>Reads a message.</summary>
    public static QueueMessage Read(QueueName queue, long id, long count, ReadOnlyMemory<byte> stored, long sequence = 0)
    {
        var end = stored.Span.IndexOf((byte)'\n');
        var head = stored.Span[..end];
        if (!Utf8Parser.TryParse(head, out long added, out var digits)) throw new FormatException($"The stored body of {queue}:{id} has no head.");
        head = head[(digits + 1)..];
        head = head[(head.IndexOf((byte)' ') + 1)..];
        var kind = head[0] switch { (byte)'t' => BodyKind.Text, (byte)'j' => BodyKind.Json, _ => BodyKind.Binary };
        var type = head.Length > 2 ? Encoding.UTF8.GetString(head[2..]) : null;
        return new QueueMessage(
            new MessageKey(queue, id), MessageBody.Stored(kind, stored[(end + 1)..], type), count, DateTimeOffset.FromUnixTimeMilliseconds(added))
        {
            Sequence = sequence,
        };
    }
}
