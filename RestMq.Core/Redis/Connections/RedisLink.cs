using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Holds one connection to Redis, and what is known of its servers. A link never changes to another primary: each
/// primary that Sentinel names gets its own link.
/// </summary>
/// <param name="multiplexer">The connection.</param>
/// <param name="channelPrefix">
/// The prefix that the connection adds to channels to which it subscribes. It does not add the prefix to channels to
/// which a script publishes.
/// </param>
/// <param name="isOwned">Whether the connection is closed with the link. The application's own connection stays
/// open.</param>
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
    // All databases of a server share its channels, so the channel names contain the number of the database.
    private readonly string _suffix = multiplexer.GetDatabase().Database is not 0 and var database ? $":{database}" : "";
    private Task<IConnectionMultiplexer>? _blocking;
    private Publishing _publishing;

    /// <summary>Gets the connection.</summary>
    public IConnectionMultiplexer Multiplexer => multiplexer;

    /// <summary>Gets whether this link is closed, because another primary has taken over or the store ends.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Gets whether wake-ups use sharded pub/sub. A cluster of Redis 7.0 or later does, because a classic message goes
    /// to every node. It is false until a server is connected.
    /// </summary>
    public bool UsesShardedChannels => (_publishing is Publishing.Unknown ? LookHow() : _publishing) is Publishing.Sharded;

    /// <summary>Returns the channel of this name, in the form to which this connection subscribes.</summary>
    public RedisChannel Channel(string name) =>
        UsesShardedChannels ? RedisChannel.Sharded(name + _suffix) : RedisChannel.Literal(name + _suffix);

    /// <summary>
    /// Returns the name of the channel to which a script must publish, so that the subscribers of this connection hear
    /// the message.
    /// </summary>
    public RedisValue Published(RedisValue name) =>
        channelPrefix.Length + _suffix.Length > 0 ? $"{channelPrefix}{name}{_suffix}" : name;

    /// <summary>Forgets how the servers publish, because after a reconnect they may have another version.</summary>
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
            // A failed attempt is not kept. The next call makes a new one.
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
        // The application's own connection stays open: its factory may have returned the connection for calls.
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
