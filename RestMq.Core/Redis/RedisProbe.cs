using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Proves that wake-ups arrive. Once a second, this host publishes to a channel of its own, and listens to this
/// channel. In a cluster, it has one channel for each primary. Nothing else shows that the connection for wake-ups is
/// silently dead, because an idle queue has no wake-ups either.
/// </summary>
/// <param name="connection">Carries the probes.</param>
/// <param name="prefix">The prefix of the channel names.</param>
/// <param name="time">The clock of the probe.</param>
/// <param name="logger">Logs when the probes no longer arrive, and when they arrive again.</param>
internal sealed partial class RedisProbe(RedisConnection connection, string prefix, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // Counts probes and not seconds, because a host that was suspended for a while has sent no probes.
    private const int MaxUnheard = 3;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<EndPoint, Probe> _probes = new();
    private readonly string _host = Guid.NewGuid().ToString("N");
    private Task _running = Task.CompletedTask;
    private volatile bool _flows;

    /// <summary>Occurs when the probes no longer arrive.</summary>
    public event Action? Lost;

    /// <summary>Gets whether the probes of the last seconds arrived. The first call begins to probe.</summary>
    public bool Flows
    {
        get
        {
            if (_running.IsCompleted) Start();
            return _flows;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task running;
        lock (_lock) running = _running;
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Start()
    {
        lock (_lock)
        {
            if (_running.IsCompleted && !_closing.IsCancellationRequested && connection.HasSubscriptions) _running = Task.Run(() => RunAsync(_closing.Token));
        }
    }

    private async Task RunAsync(CancellationToken closing)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                Judge();
                await TryAsync(SendAsync, closing).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(closing).ConfigureAwait(false) && connection.HasSubscriptions);
        }
        finally
        {
            _flows = false;
            foreach (var (server, probe) in _probes)
            {
                _probes.TryRemove(server, out _);
                await TryAsync(c => UnsubscribeAsync(c, probe), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task TryAsync(Func<IConnectionMultiplexer, Task<bool>> action, CancellationToken cancellationToken)
    {
        try
        {
            await connection.DoAsync(action, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RestMqUnavailableException or RedisException or ObjectDisposedException)
        {
            // A probe that cannot be sent is not heard, so the next judgement finds it missing.
            LogNotSent(logger, e.Message);
        }
    }

    private async Task<bool> SendAsync(IConnectionMultiplexer redis)
    {
        var subscriber = redis.GetSubscriber();
        var servers = redis.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false }).ToArray();
        foreach (var gone in _probes.Keys.Except(servers.Select(static server => server.EndPoint)))
        {
            if (_probes.TryRemove(gone, out var probe)) await UnsubscribeAsync(redis, probe).ConfigureAwait(false);
        }
        foreach (var server in servers)
        {
            if (!_probes.TryGetValue(server.EndPoint, out var probe) || probe.Connection != redis || !IsOf(redis, server, probe.Name))
            {
                if (probe is not null) await UnsubscribeAsync(redis, probe).ConfigureAwait(false);
                var name = NameFor(redis, server);
                var channel = connection.Channel(name);
                probe = new Probe(redis, name, server.ServerType == ServerType.Cluster ? channel.WithKeyRouting() : channel);
                probe.OnMessage = (_, message) => OnMessage(probe, message);
                await subscriber.SubscribeAsync(probe.Channel, probe.OnMessage).ConfigureAwait(false);
                _probes[server.EndPoint] = probe;
            }
            await subscriber.PublishAsync(probe.Channel, ++probe.Sent).ConfigureAwait(false);
        }
        return true;
    }

    // Returns the name of a channel. In a cluster, the name hashes to a slot of the server.
    private string NameFor(IConnectionMultiplexer redis, IServer server)
    {
        for (var n = 0; ; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}probe:{_host}:{n}");
            if (IsOf(redis, server, name) || n == 10_000) return name;
        }
    }

    private static bool IsOf(IConnectionMultiplexer redis, IServer server, string name) =>
        server.ServerType != ServerType.Cluster || server.ClusterConfiguration?.GetBySlot(redis.HashSlot(name))?.EndPoint is not { } owner || owner.Equals(server.EndPoint);

    private static async Task<bool> UnsubscribeAsync(IConnectionMultiplexer redis, Probe probe)
    {
        await redis.GetSubscriber().UnsubscribeAsync(probe.Channel, probe.OnMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
        return true;
    }

    private void OnMessage(Probe probe, RedisValue message)
    {
        if (message.TryParse(out long number)) probe.Heard = number;
        if (!_flows) Judge();
    }

    private void Judge()
    {
        bool lost;
        lock (_lock)
        {
            var flows = !_probes.IsEmpty && _probes.Values.All(static probe => probe.Heard > 0 && probe.Sent - probe.Heard < MaxUnheard);
            if (flows == _flows) return;
            _flows = flows;
            lost = !flows;
        }
        if (lost) LogLost(logger, MaxUnheard);
        else LogProven(logger);
        if (lost) Lost?.Invoke();
    }

    /// <summary>Holds one channel of this host, and the numbers of the last probes sent and heard.</summary>
    private sealed class Probe(IConnectionMultiplexer connection, string name, RedisChannel channel)
    {
        private long _heard;

        /// <summary>Gets the connection of the subscription. Another primary has another connection.</summary>
        public IConnectionMultiplexer Connection => connection;

        public string Name => name;

        public RedisChannel Channel => channel;

        public Action<RedisChannel, RedisValue>? OnMessage { get; set; }

        public long Sent { get; set; }

        public long Heard { get => Volatile.Read(ref _heard); set => Volatile.Write(ref _heard, value); }
    }

    [LoggerMessage(17, LogLevel.Debug, "A wake-up probe could not be sent: {Reason}")]
    private static partial void LogNotSent(ILogger logger, string reason);

    [LoggerMessage(18, LogLevel.Warning,
        "The last {Count} wake-up probes did not arrive. Queues are polled until the probes arrive again")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(19, LogLevel.Debug, "The wake-up probes arrive")]
    private static partial void LogProven(ILogger logger);
}
