using System.Net.Sockets;

namespace RestMq.TestServers;

/// <summary>
/// A real <c>redis-server</c> on a port of the loopback. Its data is in a temporary folder and, unless
/// <see cref="Settings"/> say otherwise, on disk after every write, so it can be killed and started again without loss.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    public const string Missing = "The tests need redis-server on the PATH: apt-get install redis-server.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-redis-");
    private ChildProcess? _process;
    private bool _hasStarted;

    /// <summary>
    /// Arguments of its own, such as <c>--maxmemory 3mb</c> in two items. They win over those that all servers have.
    /// </summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Where its data is.</summary>
    public DirectoryInfo Folder => _folder;

    /// <summary>The port, the same after every start.</summary>
    public int Port { get; private set; }

    /// <summary>Host and port, which is a connection string too.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>The id of its process.</summary>
    public int ProcessId => Running.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The output since its last start.</summary>
    public string Log => _process?.Output ?? "";

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="settings">Its <see cref="Settings"/>.</param>
    public static async Task<RedisServer> LaunchAsync(params string[] settings)
    {
        var server = new RedisServer { Settings = settings };
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Starts it, also again after it was ended, with the data that it had. It answers when the task completes.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning) throw new InvalidOperationException("The server is running.");
        for (var attempt = 1; ; attempt++)
        {
            // Between finding a port free and listening on it somebody else may take it. A port that others know stays.
            if (!_hasStarted) Port = Ports.Next();
            if (_process is not null) await _process.DisposeAsync();
            _process = new ChildProcess("redis-server", Arguments(), Missing);
            if (await ComesUpAsync(cancellationToken)) break;
            if (_hasStarted || attempt == 5) throw new InvalidOperationException($"redis-server ended at once. {_process}");
        }
        _hasStarted = true;
    }

    /// <summary>
    /// Starts a server that replicates this one, and has everything that this one has when the task completes.
    /// </summary>
    public async Task<RedisServer> LaunchReplicaAsync(CancellationToken cancellationToken = default)
    {
        var replica = await LaunchAsync("--replicaof", "127.0.0.1", $"{Port}");
        try
        {
            await Until.NothingMissingAsync(
                async () => await replica.AskAsync(cancellationToken, "ROLE") is object?[] and ["slave", _, _, "connected", ..] ? null : "it is not connected",
                "the replica has everything", Patience, cancellationToken);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as a power cut would (SIGKILL).</summary>
    public Task KillAsync() => Running.KillAsync();

    /// <summary>Ends it in order (SIGTERM).</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Running.StopAsync(cancellationToken);

    /// <summary>Suspends it (SIGSTOP): its connections stay, and it answers nothing.</summary>
    public void Suspend() => Running.Suspend();

    /// <summary>Ends a suspension (SIGCONT).</summary>
    public void Resume() => Running.Resume();

    /// <summary>Sends a command on a connection of its own, straight to this server and past any proxy.</summary>
    public Task<object?> AskAsync(params string[] command) => AskAsync(CancellationToken.None, command);

    /// <inheritdoc cref="AskAsync(string[])"/>
    public async Task<object?> AskAsync(CancellationToken cancellationToken, params string[] command)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CommandPatience);
        await using var connection = await RespConnection.OpenAsync(Port, deadline.Token);
        return await connection.AskAsync(command, deadline.Token);
    }

    /// <summary>A field of <c>INFO</c>, or null when there is none of this name.</summary>
    public async Task<string?> InfoAsync(string section, string field) => InfoFields.Find((string)(await AskAsync("INFO", section))!, field);

    /// <summary>All keys, sorted.</summary>
    public async Task<string[]> KeysAsync()
    {
        var keys = Array.ConvertAll((object?[])(await AskAsync("KEYS", "*"))!, key => (string)key!);
        Array.Sort(keys, StringComparer.Ordinal);
        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private string[] Arguments() =>
    [
        "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        .. Settings,
    ];

    // Whether it has read its data. Until then it listens, and answers LOADING.
    private async Task<bool> ComesUpAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        while (!Running.HasExited)
        {
            try
            {
                await using var connection = await RespConnection.OpenAsync(Port, deadline.Token);
                await connection.AskAsync(["PING"], deadline.Token);
                // Another server may have taken the port, while this one is about to end for that.
                if (Running.Output.Contains("Ready to accept connections", StringComparison.Ordinal)) return true;
            }
            catch (Exception e) when (e is SocketException or IOException or RespErrorException)
            {
                // Not yet.
            }
            await Task.Delay(20, deadline.Token);
        }
        return false;
    }
}
