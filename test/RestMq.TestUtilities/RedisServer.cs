using System.Net.Sockets;

namespace RestMq.TestUtilities;

/// <summary>
/// Runs a real <c>redis-server</c> on a port of the loopback. Its data is in a temporary folder. Unless
/// <see cref="Settings"/> say otherwise, each write is synced to disk, so the server can be killed and restarted
/// without loss.
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
    /// Gets further arguments, such as <c>--maxmemory 3mb</c> in two items. They override the arguments that all
    /// servers have.
    /// </summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Gets the folder of the server's data.</summary>
    public DirectoryInfo Folder => _folder;

    /// <summary>Gets the port. It is the same after every start.</summary>
    public int Port { get; private set; }

    /// <summary>Gets host and port. The text is also a connection string.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Gets the id of the server's process.</summary>
    public int ProcessId => Running.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Gets the output since the last start.</summary>
    public string Log => _process?.Output ?? "";

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="settings">The <see cref="Settings"/> of the server.</param>
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
    /// Starts the server, or restarts it with its data. The server answers when the task completes.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning) throw new InvalidOperationException("The server is running.");
        for (var attempt = 1; ; attempt++)
        {
            // Another process may take the port before the server listens on it. The first start then tries another
            // port. A restart keeps the port, because clients know it.
            if (!_hasStarted) Port = Ports.Next();
            if (_process is not null) await _process.DisposeAsync();
            _process = new ChildProcess("redis-server", Arguments(), Missing);
            if (await ComesUpAsync(cancellationToken)) break;
            if (_hasStarted || attempt == 5) throw new InvalidOperationException($"redis-server ended at once. {_process}");
        }
        _hasStarted = true;
    }

    /// <summary>
    /// Starts a replica of this server. The replica has all data of this server when the task completes.
    /// </summary>
    public async Task<RedisServer> LaunchReplicaAsync(CancellationToken cancellationToken = default)
    {
        var replica = await LaunchAsync("--replicaof", "127.0.0.1", $"{Port}");
        try
        {
            await Until.NothingMissingAsync(
                async () =>
                    await replica.AskAsync(cancellationToken, "ROLE") is object?[] and ["slave", _, _, "connected", ..]
                        ? null
                        : "the replica is not connected",
                "the replica has everything", Patience, cancellationToken);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the server (SIGKILL), as a power cut would.</summary>
    public Task KillAsync() => Running.KillAsync();

    /// <summary>Stops the server gracefully (SIGTERM).</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Running.StopAsync(cancellationToken);

    /// <summary>Suspends the server (SIGSTOP). Its connections stay open, but it does not answer.</summary>
    public void Suspend() => Running.Suspend();

    /// <summary>Resumes the suspended server (SIGCONT).</summary>
    public void Resume() => Running.Resume();

    /// <summary>Sends a command on a new connection, directly to this server and not through a proxy.</summary>
    public Task<object?> AskAsync(params string[] command) => AskAsync(CancellationToken.None, command);

    /// <inheritdoc cref="AskAsync(string[])"/>
    public async Task<object?> AskAsync(CancellationToken cancellationToken, params string[] command)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CommandPatience);
        await using var connection = await RespConnection.OpenAsync(Port, deadline.Token);
        return await connection.AskAsync(command, deadline.Token);
    }

    /// <summary>Returns a field of <c>INFO</c>, or null when there is no field with this name.</summary>
    public async Task<string?> InfoAsync(string section, string field) => InfoFields.Find((string)(await AskAsync("INFO", section))!, field);

    /// <summary>Returns all keys, sorted.</summary>
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

    // Returns whether the server has loaded its data. Until then it listens and answers with the error LOADING.
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
                // The answer may come from another server that took the port, while this server is about to end. So the
                // output of this server must report its start too.
                if (Running.Output.Contains("Ready to accept connections", StringComparison.Ordinal)) return true;
            }
            catch (Exception e) when (e is SocketException or IOException or RespErrorException)
            {
                // The server is not ready yet.
            }
            await Task.Delay(20, deadline.Token);
        }
        return false;
    }
}
