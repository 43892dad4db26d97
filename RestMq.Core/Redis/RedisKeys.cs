using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// The one class that knows the keys. All keys of a queue share the hash tag <c>{queue}</c>, so that a cluster keeps
/// them together.
/// </summary>
internal sealed class RedisKeys(string prefix, QueueName queue)
{
    // In the order in which includes/queue.lua names them.
    private static readonly string[] Names =
        ["meta", "ready", "back", "body", "leased", "delayed", "expiry", "count", "dead", "why", "log", "held"];

    private int _exchanges;
    private long _lastId;
    private readonly string _tag = $"{prefix}{{{queue.Value}}}:";

    /// <summary>
    /// The server that keeps the queue, as this host knows it, and on which connection it was asked; null until it was.
    /// </summary>
    public (RedisIdentity Server, int Connection)? Server { get; set; }

    /// <summary>The greatest id of the queue that this host has seen.</summary>
    public long LastId => Interlocked.Read(ref _lastId);

    /// <summary>The keys that remember exchanges, and that no exchange uses now.</summary>
    public ConcurrentStack<ExchangeKeys> FreeExchanges { get; } = [];

    /// <summary>The keys that every script gets.</summary>
    public RedisKey[] All { get; } = [.. Names.Select(name => (RedisKey)$"{prefix}{{{queue.Value}}}:{name}")];

    /// <summary>Where it is written whether there is such a queue.</summary>
    public RedisKey Meta => All[0];

    /// <summary>The channel of the queue's hints; <see cref="RedisConnection"/> knows what is added to it.</summary>
    public string Wake => _tag + "wake";

    /// <summary>Notes an id of the queue.</summary>
    public void See(long id)
    {
        for (var last = LastId; id > last; last = LastId)
        {
            if (Interlocked.CompareExchange(ref _lastId, id, last) == last) return;
        }
    }

    /// <summary>Keys for an exchange, of which one host has as many as it makes at a time in this queue.</summary>
    public ExchangeKeys NewExchange(string host) => new([.. All, $"{_tag}sent:{host}:{Interlocked.Increment(ref _exchanges)}"]);

    /// <summary>The keys of the queue, then the one where the list of format 1 waits while it is migrated.</summary>
    public RedisKey[] ForMigration() => [.. All, _tag + "ready.1"];

    /// <summary>Where the key given to an idempotent add is remembered.</summary>
    public RedisKey Once(string id) => _tag + "once:" + id;

    /// <summary>The index of queues: a sorted set of their names, in a slot of its own.</summary>
    public static RedisKey Queues(string prefix) => prefix + "queues";

    /// <summary>The format of all that begins with the prefix.</summary>
    public static RedisKey Format(string prefix) => prefix + "format";
}

/// <summary>The keys of a queue, and behind them the one that remembers what one exchange delivered.</summary>
internal sealed record ExchangeKeys(RedisKey[] All);
