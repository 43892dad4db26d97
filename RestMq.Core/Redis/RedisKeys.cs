using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>The one class that knows the keys. All keys of a queue share the hash tag <c>{queue}</c>, so that a cluster keeps them together.</summary>
internal sealed class RedisKeys(string prefix, QueueName queue)
{
    // In the order in which prelude.lua names them.
    private static readonly string[] Names = ["meta", "body", "ready", "leased", "delayed", "expiry", "count", "dead", "why", "log", "held"];

    private readonly string _tag = $"{prefix}{{{queue.Value}}}:";

    /// <summary>The keys that every script gets.</summary>
    public RedisKey[] All { get; } = [.. Names.Select(name => (RedisKey)$"{prefix}{{{queue.Value}}}:{name}")];

    /// <summary>Where it is written whether there is such a queue.</summary>
    public RedisKey Meta => All[0];

    /// <summary>The channel of the queue's hints; <see cref="RedisConnection"/> knows what is added to it.</summary>
    public string Wake => _tag + "wake";

    /// <summary>Where the key given to an idempotent add is remembered.</summary>
    public RedisKey Once(string id) => _tag + "once:" + id;

    /// <summary>The index of queues: a sorted set of their names, in a slot of its own.</summary>
    public static RedisKey Queues(string prefix) => prefix + "queues";
}
