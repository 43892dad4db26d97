using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis.Sentinel;

/// <summary>
/// Keeps a connection to every sentinel of the connection string, and to those that other sentinels name.
/// </summary>
internal sealed class SentinelMonitor : IAsyncDisposable
{
    private const int DefaultPort = 26379;

    private readonly Lock _lock = new();
    private readonly Dictionary<EndPoint, SentinelClient> _clients = [];
    private readonly HashSet<EndPoint> _configured;
    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<Task> _leaving = [];
    private bool _disposed;

    public SentinelMonitor(ConfigurationOptions configuration, TimeProvider time, ILogger logger)
    {
        _configuration = configuration;
        _time = time;
        _logger = logger;
        _configured = [.. configuration.EndPoints.Select(WithPort)];
        View = new SentinelView(time, _configured.Count);
    }

    /// <summary>Gets the conclusion from what the sentinels say.</summary>
    public SentinelView View { get; }

    /// <summary>Occurs after every answer and every event.</summary>
    public event Action? Changed;

    /// <summary>Gets the addresses of the sentinels that did not answer when they were last asked.</summary>
    public IReadOnlyList<EndPoint> Silent
    {
        get
        {
            lock (_lock) return [.. _clients.Values.Where(client => !client.Answers).Select(client => client.Address)];
        }
    }

    /// <summary>Gets the addresses of all sentinels.</summary>
    public IReadOnlyList<EndPoint> All
    {
        get
        {
            lock (_lock) return [.. _clients.Keys];
        }
    }

    /// <summary>Starts to ask the sentinels.</summary>
    public void Start()
    {
        lock (_lock)
        {
            foreach (var address in _configured) Add(address);
        }
    }

    public async ValueTask DisposeAsync()
    {
        SentinelClient[] clients;
        Task[] leaving;
        lock (_lock)
        {
            _disposed = true;
            clients = [.. _clients.Values];
            _clients.Clear();
            leaving = [.. _leaving];
        }
        await Task.WhenAll([.. clients.Select(client => client.DisposeAsync().AsTask()), .. leaving]).ConfigureAwait(false);
    }

    private void OnAnswer()
    {
        Follow();
        Changed?.Invoke();
    }

    // Asks all sentinels at once, because a failover that one sentinel announces is soon known to the others.
    private void OnEvent()
    {
        SentinelClient[] clients;
        lock (_lock) clients = [.. _clients.Values];
        foreach (var client in clients) client.AskNow();
        Changed?.Invoke();
    }

    /// <summary>
    /// Connects to the sentinels that others name, and leaves silent ones that no sentinel names any more.
    /// </summary>
    private void Follow()
    {
        lock (_lock)
        {
            if (_disposed) return;
            var ids = _clients.Values.Select(client => client.Id).ToHashSet();
            var revealed = _clients.Values.Where(client => client.Answers).SelectMany(client => client.Others).ToArray();
            foreach (var (id, address) in revealed)
            {
                if (!ids.Contains(id) && !_clients.ContainsKey(address)) Add(address);
            }
            if (revealed.Length == 0) return;
            var named = revealed.Select(other => other.Value).ToHashSet();
            var gone = _clients.Values.Where(client => !client.Answers && !_configured.Contains(client.Address) && !named.Contains(client.Address));
            foreach (var client in gone.ToArray())
            {
                _clients.Remove(client.Address);
                View.Removed(client);
                _leaving.RemoveAll(task => task.IsCompleted);
                _leaving.Add(client.DisposeAsync().AsTask());
            }
        }
    }

    private void Add(EndPoint address) =>
        _clients.Add(address, new SentinelClient(address, _configuration, View, OnAnswer, OnEvent, _time, _logger));

    private static EndPoint WithPort(EndPoint address) => address switch
    {
        IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, DefaultPort),
        DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, DefaultPort),
        _ => address,
    };
}
