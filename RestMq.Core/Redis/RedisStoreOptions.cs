using StackExchange.Redis;

namespace RestMq;

/// <summary>
/// Configures the connection and the keys of the Redis store. Set one of <see cref="Configuration"/>,
/// <see cref="ConfigurationOptions"/> and <see cref="ConnectionFactory"/>. Without them, the application does not start.
/// </summary>
public sealed class RedisStoreOptions
{
    /// <summary>
    /// Gets or sets the connection string. It is a URI, such as <c>redis://user:password@host:6379/0</c>, or
    /// <c>rediss://</c> for TLS. Or it is a connection string of StackExchange.Redis, such as <c>localhost:6379</c> or
    /// <c>a:6379,b:6379,serviceName=mymaster</c>. Only the URI can hold a password with a comma.
    /// </summary>
    public string? Configuration { get; set; }

    /// <summary>
    /// Gets or sets the name of the setting that <see cref="Configuration"/> was read from. Errors name it.
    /// </summary>
    internal string ConfigurationPlace { get; set; } = "RedisStoreOptions.Configuration";

    /// <summary>Gets or sets the connection settings as an object, which is used unchanged.</summary>
    public ConfigurationOptions? ConfigurationOptions { get; set; }

    /// <summary>
    /// Gets or sets a function that returns a connection of the application. The application disposes this connection.
    /// While the function throws, the store is away (<see cref="RestMqUnavailableException"/>), and the next call runs
    /// the function again.
    /// </summary>
    public Func<CancellationToken, Task<IConnectionMultiplexer>>? ConnectionFactory { get; set; }

    /// <summary>
    /// Gets or sets a function that returns a second connection to the servers of <see cref="ConnectionFactory"/>.
    /// <c>WAIT</c> may block this connection for <see cref="ReplicationTimeout"/>. So nothing else may use it, and its
    /// <c>asyncTimeout</c> must be longer. The application disposes this connection. Without the function, adds of
    /// <see cref="Durability.Replicated"/> over a <see cref="ConnectionFactory"/> are refused
    /// (<see cref="RestMqDurabilityException"/>). With <see cref="Configuration"/> or
    /// <see cref="ConfigurationOptions"/> the function is not needed, because the store opens the second connection
    /// like the first.
    /// </summary>
    public Func<CancellationToken, Task<IConnectionMultiplexer>>? BlockingConnectionFactory { get; set; }

    /// <summary>
    /// Gets or sets how many replicas must have a message of <see cref="Durability.Replicated"/>, from 1 to 100.
    /// </summary>
    /// <value>1.</value>
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// Gets or sets how long an add of <see cref="Durability.Replicated"/> waits for its replicas once the primary has
    /// the message, from 1 ms to 1 minute.
    /// </summary>
    /// <value>1 s.</value>
    public TimeSpan ReplicationTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the prefix of every key.</summary>
    /// <value><c>restmq:</c></value>
    public string KeyPrefix { get; set; } = "restmq:";
}
