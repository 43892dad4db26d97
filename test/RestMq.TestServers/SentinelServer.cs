using System.Globalization;

namespace RestMq.TestServers;

/// <summary>A sentinel, which <c>redis-server --sentinel</c> is. It announces the port of its proxy.</summary>
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
        // It writes into this file what it learns, and reads that again when it is started again.
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

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>What stands before it. Clients are given the proxy's port.</summary>
    public TcpProxy Proxy { get; }

    public int ProcessId => Running.Id;

    public string Log => _process?.Output ?? "";

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The sentinel is not running.");

    /// <summary>Starts it, also again after it was killed.</summary>
    public async Task StartAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = new ChildProcess("redis-server", [_configuration, "--sentinel"], RedisServer.Missing);
        await _process.WaitForLineAsync(line => line.Contains("+monitor", StringComparison.Ordinal));
        if (_hurried) await AskAsync(CancellationToken.None, "SENTINEL", "DEBUG", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "250", "ASK-PERIOD", "250");
    }

    public Task KillAsync() => Running.KillAsync();

    public void Suspend() => Running.Suspend();

    public void Resume() => Running.Resume();

    /// <summary>Sends a command straight to it, past its proxy.</summary>
    public async Task<object?> AskAsync(CancellationToken cancellationToken, params string[] command)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CommandPatience);
        await using var connection = await RespConnection.OpenAsync(Port, deadline.Token);
        return await connection.AskAsync(command, deadline.Token);
    }

    /// <summary>Returns the port of the primary that it names, which is the port of that server's proxy.</summary>
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
