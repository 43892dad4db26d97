using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// One connection to Redis, and what is known of its servers. It is never pointed at another primary that Sentinel
/// names: that gets a link of its own.
/// </summary>
/// <param name="multiplexer">The connection.</param>
/// <param name="channelPrefix">
/// The connection puts it before the channels that it subscribes to, and not before those that a script publishes to.
/// </param>
/// <param name="isOwned">Whether the connection is closed with the link; an application's own stays open.</param>
/// <param name="openAnother">Opens a second connection to the same servers.</param>
internal sealed class RedisLink(
    IConnectionMultiplexer multiplexer,
    string channelPrefix,
    bool isOwned,
    Func<CancellationToken, Task<IConnectionMultiplexer>> openAnother) : IAsyncDisposable
{
    private static readonly Version FirstWithShardedChannels = new(7, 0);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    // Channels are the server's and not a database's, so the number of the database is in their names.
    private readonly string _suffix = multiplexer.GetDatabase().Database is not 0 and var database ? $":{database}" : "";
    private Task<IConnectionMultiplexer>? _blocking;
    private Publishing _publishing;

    /// <summary>The connection.</summary>
    public IConnectionMultiplexer Multiplexer => multiplexer;

    /// <summary>Whether this link has been closed, because another primary has taken over or the store ends.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Whether wake-ups go by sharded pub/sub: in a cluster of Redis 7.0 or later, where a classic message costs
    /// every node. False until a server is connected.
    /// </summary>
    public bool UsesShardedChannels => (_publishing is Publishing.Unknown ? LookHow() : _publishing) is Publishing.Sharded;

    /// <summary>Returns the channel of this name, as this connection subscribes to it.</summary>
    public RedisChannel Channel(string name) =>
        UsesShardedChannels ? RedisChannel.Sharded(name + _suffix) : RedisChannel.Literal(name + _suffix);

    /// <summary>
    /// Returns the name of the channel as a script must publish to it, so that the subscribers of this connection
    /// hear.
    /// </summary>
    public RedisValue Published(RedisValue name) =>
        channelPrefix.Length + _suffix.Length > 0 ? $"{channelPrefix}{name}{_suffix}" : name;

    /// <summary>Looks again how the servers publish: after a reconnect they may be of another version.</summary>
    public void Forget() => _publishing = Publishing.Unknown;

    /// <summary>
    /// Returns a second connection to the same primary, for commands that block it (<c>WAIT</c>). It is opened at
    /// first use and closed with this link.
    /// </summary>
    public Task<IConnectionMultiplexer> BlockingAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            // A failed attempt is not kept: the next call makes another.
            if (_blocking is null or { IsFaulted: true } or { IsCanceled: true })
                _blocking = Task.Run(() => openAnother(_closing.Token), CancellationToken.None);
            return _blocking.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? blocking;
        lock (_lock)
        {
            if (IsClosed) return;
            IsClosed = true;
            blocking = _blocking;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        if (isOwned) await multiplexer.DisposeAsync().ConfigureAwait(false);
        if (blocking is null) return;
        await Task.WhenAny(blocking).ConfigureAwait(false);
        if (!blocking.IsCompletedSuccessfully) return;
        var second = await blocking.ConfigureAwait(false);
        // An application's factory may have given the same connection again.
        if (isOwned) await second.DisposeAsync().ConfigureAwait(false);
    }

    private Publishing LookHow()
    {
        var servers = multiplexer.GetServers().Where(server => server.IsConnected).ToArray();
        if (servers.Length == 0) return Publishing.Unknown;
        var sharded = servers.All(server => server.ServerType == ServerType.Cluster && server.Version >= FirstWithShardedChannels);
        return _publishing = sharded ? Publishing.Sharded : Publishing.Classic;
    }

    private enum Publishing
    {
        Unknown,
        Classic,
        Sharded,
    }
}
