using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Creates all keys. No other class does. The keys of a queue share the hash tag <c>{queue}</c>, so that a cluster
/// keeps them in one slot.
/// </summary>
internal sealed class RedisKeys(string prefix, QueueName queue)
{
    // Must have the same order as the names in includes/queue.lua.
    private static readonly string[] Names =
        ["meta", "ready", "back", "body", "leased", "delayed", "expiry", "count", "dead", "why", "log", "held"];

    // Shared by all instances: an instance that is dropped and created again must not use the key of an exchange whose
    // reply was lost.
    private static int _exchanges;

    private long _lastId;
    private readonly string _tag = $"{prefix}{{{queue.Value}}}:";

    /// <summary>
    /// Gets or sets the server that keeps the queue, and the number of the connection on which the server was
    /// identified. It is null until then.
    /// </summary>
    public (RedisIdentity Server, int Connection)? Server { get; set; }

    /// <summary>Gets the greatest id of the queue that this host has seen.</summary>
    public long LastId => Interlocked.Read(ref _lastId);

    /// <summary>Gets the keys that remember exchanges and that no exchange uses now.</summary>
    public ConcurrentStack<ExchangeKeys> FreeExchanges { get; } = [];

    /// <summary>Gets the keys that every script gets.</summary>
    public RedisKey[] All { get; } = [.. Names.Select(name => (RedisKey)$"{prefix}{{{queue.Value}}}:{name}")];

    /// <summary>Gets the key of the settings and counters, which shows whether the queue exists.</summary>
    public RedisKey Meta => All[0];

    /// <summary>
    /// Gets the channel of the queue's wake-ups. <see cref="RedisConnection"/> adds a prefix and a suffix.
    /// </summary>
    public string Wake => _tag + "wake";

    /// <summary>Notes that this host has seen an id of the queue.</summary>
    public void NoteId(long id)
    {
        for (var last = LastId; id > last; last = LastId)
        {
            if (Interlocked.CompareExchange(ref _lastId, id, last) == last) return;
        }
    }

    /// <summary>
    /// Creates keys for an exchange. A host has as many as it makes exchanges at a time.
    /// </summary>
    public ExchangeKeys NewExchange(string host) => new([.. All, $"{_tag}sent:{host}:{Interlocked.Increment(ref _exchanges)}"]);

    /// <summary>Returns the keys of the queue, then the key of the list of format 1 while it is migrated.</summary>
    public RedisKey[] ForMigration() => [.. All, _tag + "ready.1"];

    /// <summary>Returns the key that remembers an idempotency key.</summary>
    public RedisKey Once(string id) => _tag + "once:" + id;

    /// <summary>Returns the key of the index of queues: a sorted set of their names, in its own slot.</summary>
    public static RedisKey Queues(string prefix) => prefix + "queues";

    /// <summary>Returns the key of the format number of all data under the prefix.</summary>
    public static RedisKey Format(string prefix) => prefix + "format";
}

/// <summary>Holds the keys of a queue, followed by the key that remembers what one exchange delivered.</summary>
internal sealed record ExchangeKeys(RedisKey[] All);
