using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RestMq.Redis;

/// <summary>All tests that need Redis share one server; a test that kills it is in a class of its own and starts it again.</summary>
[CollectionDefinition(Name)]
public sealed class RedisCollection : ICollectionFixture<RedisServer>
{
    public const string Name = "redis";
}

/// <summary>
/// A real <c>redis-server</c> on a free port of the loopback, its data in a temporary folder and on disk after every write, so that it can be
/// killed and started again without loss. It cannot be had without the program: then every test of the collection fails with a sentence.
/// </summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-redis-");
    private Process? _process;

    /// <summary>Settings of its own, as arguments; they win over those that all have.</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>Where its data is.</summary>
    public DirectoryInfo Folder => _folder;

    /// <summary>The port, the same after every start.</summary>
    public int Port { get; private set; }

    /// <summary>A connection string of StackExchange.Redis.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>The same for who is not about a store that is away: a busy machine may take seconds, and has not lost its Redis.</summary>
    public string Patient => $"{Configuration},asyncTimeout=15000";

    public async Task InitializeAsync()
    {
        // Between finding a port free and listening on it somebody else may take it.
        for (var attempt = 1; ; attempt++)
        {
            Port = FreePort();
            try
            {
                await StartAsync();
                return;
            }
            catch (RedisExitedException) when (attempt < 5)
            {
            }
        }
    }

    /// <summary>Starts the server on its port and with the data it had; it answers when the task completes.</summary>
    public async Task StartAsync()
    {
        if (_process is not null) throw new InvalidOperationException("The server is running.");
        _process = Launch();
        using var patience = new CancellationTokenSource(Patience);
        while (!await AnswersAsync(patience.Token))
        {
            if (_process.HasExited)
            {
                _process = null;
                throw new RedisExitedException($"redis-server ended at once; its log: {Log()}");
            }
            if (patience.IsCancellationRequested) throw new TimeoutException($"redis-server does not answer; its log: {Log()}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends the server as a power cut would.</summary>
    public Task KillAsync() => EndAsync("KILL");

    /// <summary>Ends the server in order.</summary>
    public Task StopAsync() => EndAsync("TERM");

    /// <summary>Lets the server hang: connections stay, nothing is answered.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Ends a pause.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    public async Task DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        _folder.Delete(recursive: true);
    }

    private Process Launch()
    {
        var start = new ProcessStartInfo("redis-server")
        {
            ArgumentList =
            {
                "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--logfile", "redis.log",
                "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no",
            },
        };
        foreach (var setting in Settings) start.ArgumentList.Add(setting);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("The tests of the Redis store need redis-server: install it: apt-get install redis-server.", e);
        }
    }

    private async Task EndAsync(string signal)
    {
        await SignalAsync(signal);
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
    }

    // By the system's own command, so that there is one way for every signal on every Unix.
    private async Task SignalAsync(string signal)
    {
        if (_process is null) throw new InvalidOperationException("The server is not running.");
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"Signal {signal} could not be sent to redis-server.");
    }

    // Whether it has read its data: until then it listens, and answers LOADING.
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            var reply = new byte[7];
            await stream.ReadExactlyAsync(reply, cancellationToken);
            return reply.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private string Log()
    {
        var log = Path.Combine(_folder.FullName, "redis.log");
        return File.Exists(log) ? File.ReadAllText(log) : "none";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class RedisExitedException(string message) : Exception(message);
}
