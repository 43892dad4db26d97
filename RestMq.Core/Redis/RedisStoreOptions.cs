using StackExchange.Redis;

namespace RestMq;

/// <summary>
/// Where the Redis store is, and how its keys begin. Give one of <see cref="Configuration"/>, <see
/// cref="ConfigurationOptions"/> and <see cref="ConnectionFactory"/>.
/// </summary>
public sealed class RedisStoreOptions
{
    /// <summary>
    /// A StackExchange.Redis connection string, such as <c>localhost:6379</c> or
    /// <c>a:6379,b:6379,serviceName=mymaster</c>.
    /// </summary>
    public string? Configuration { get; set; }

    /// <summary>The same as an object, used as it is.</summary>
    public ConfigurationOptions? ConfigurationOptions { get; set; }

    /// <summary>
    /// Gives a connection that the application has already; it stays the application's to dispose. While it throws, the
    /// store is away (<see cref="RestMqUnavailableException"/>), and the next call asks it again.
    /// </summary>
    public Func<CancellationToken, Task<IConnectionMultiplexer>>? ConnectionFactory { get; set; }

    /// <summary>
    /// Gives a second connection to the servers of <see cref="ConnectionFactory"/>, which <c>WAIT</c> may block for
    /// <see cref="ReplicationTimeout"/>: it must be shared with nothing else, and its <c>asyncTimeout</c> must be
    /// longer. It stays the application's to dispose. Without it, adds of <see cref="Durability.Replicated"/> over a
    /// <see cref="ConnectionFactory"/> are refused (<see cref="RestMqDurabilityException"/>). The other ways to name a
    /// server need none: the second connection is made like the first.
    /// </summary>
    public Func<CancellationToken, Task<IConnectionMultiplexer>>? BlockingConnectionFactory { get; set; }

    /// <summary>
    /// How many replicas must have a message of <see cref="Durability.Replicated"/>, at least 1. <value>1.</value>
    /// </summary>
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// How long an add of <see cref="Durability.Replicated"/> waits for its replicas once the primary has it, from 1 ms
    /// to 1 minute.
    /// <value>1 s.</value>
    /// </summary>
    public TimeSpan ReplicationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What every key begins with. <value><c>restmq:</c></value></summary>
    public string KeyPrefix { get; set; } = "restmq:";
}
