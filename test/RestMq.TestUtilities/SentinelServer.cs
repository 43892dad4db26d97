using System.Globalization;

namespace RestMq.TestUtilities;

/// <summary>Runs a sentinel (<c>redis-server --sentinel</c>). It announces the port of its proxy.</summary>
public sealed class SentinelServer : IAsyncDisposable
{
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-sentinel-");
    private readonly string _configuration;
    private readonly bool _hurried;
    private ChildProcess? _process;

    internal SentinelServer(string service, int primary, SentinelOptions options)
    {
        (Port, Proxy, _hurried) = (Ports.Next(), new TcpProxy(), options.Hurried);
        Proxy.Target = Port;
        _configuration = Path.Combine(_folder.FullName, "sentinel.conf");
        // A sentinel writes its state into this file and reads the state again after a restart.
        File.WriteAllText(_configuration, string.Create(CultureInfo.InvariantCulture, $"""
            port {Port}
            bind 127.0.0.1
            dir "{_folder.FullName}"
            sentinel announce-ip 127.0.0.1
            sentinel announce-port {Proxy.Port}
            sentinel monitor {service} 127.0.0.1 {primary} {options.Quorum}
            sentinel down-after-milliseconds {service} {options.DownAfter.TotalMilliseconds}
            sentinel failover-timeout {service} {options.FailoverTimeout.TotalMilliseconds}
            sentinel parallel-syncs {service} 1

            """));
    }

    /// <summary>Gets the port on which the sentinel listens.</summary>
    public int Port { get; }

    /// <summary>Gets the proxy in front of the sentinel. Clients use the proxy's port.</summary>
    public TcpProxy Proxy { get; }

    public int ProcessId => Running.Id;

    public string Log => _process?.Output ?? "";

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The sentinel is not running.");

    /// <summary>Starts the sentinel, or restarts it after it was killed.</summary>
    public async Task StartAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = new ChildProcess("redis-server", [_configuration, "--sentinel"], RedisServer.Missing);
        await _process.WaitForLineAsync(line => line.Contains("+monitor", StringComparison.Ordinal));
        if (_hurried)
        {
            string[] periods = ["INFO-PERIOD", "500", "PUBLISH-PERIOD", "250", "ASK-PERIOD", "250"];
            await AskAsync(CancellationToken.None, ["SENTINEL", "DEBUG", .. periods]);
        }
    }

    public Task KillAsync() => Running.KillAsync();

    public void Suspend() => Running.Suspend();

    public void Resume() => Running.Resume();

    /// <summary>Sends a command directly to the sentinel and not through its proxy.</summary>
    public async Task<object?> AskAsync(CancellationToken cancellationToken, params string[] command)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CommandPatience);
        await using var connection = await RespConnection.OpenAsync(Port, deadline.Token);
        return await connection.AskAsync(command, deadline.Token);
    }

    /// <summary>
    /// Returns the port of the primary that the sentinel names. It is the port of that server's proxy.
    /// </summary>
    public async Task<int> NamedPortAsync(string service, CancellationToken cancellationToken)
    {
        var address = (object?[]?)await AskAsync(cancellationToken, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", service);
        return address is null ? 0 : int.Parse((string)address[1]!, CultureInfo.InvariantCulture);
    }

    /// <summary>Returns the fields of <c>SENTINEL MASTER</c>.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StateAsync(string service, CancellationToken cancellationToken) =>
        ((object?[])(await AskAsync(cancellationToken, "SENTINEL", "MASTER", service))!).Chunk(2).ToDictionary(pair => (string)pair[0]!, pair => (string)pair[1]!);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        await Proxy.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
