using StackExchange.Redis;

namespace RestMq;

/// <summary>Where the Redis store is, and how its keys begin. Give one of <see cref="Configuration"/>, <see cref="ConfigurationOptions"/> and <see cref="ConnectionFactory"/>.</summary>
public sealed class RedisStoreOptions
{
    /// <summary>A StackExchange.Redis connection string, such as <c>localhost:6379</c> or <c>a:6379,b:6379,serviceName=mymaster</c>.</summary>
    public string? Configuration { get; set; }

    /// <summary>The same as an object, used as it is.</summary>
    public ConfigurationOptions? ConfigurationOptions { get; set; }

    /// <summary>
    /// Gives a connection that the application has already; it stays the application's to dispose. While it throws, the store is away
    /// (<see cref="RestMqUnavailableException"/>), and the next call asks it again.
    /// </summary>
    public Func<CancellationToken, Task<IConnectionMultiplexer>>? ConnectionFactory { get; set; }

    /// <summary>What every key begins with. <value><c>restmq:</c></value></summary>
    public string KeyPrefix { get; set; } = "restmq:";
}
