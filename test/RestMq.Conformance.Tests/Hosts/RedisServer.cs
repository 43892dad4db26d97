using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RestMq.Conformance.Hosts;

/// <summary>A Redis server of our own on a free port, with an append-only file so that it can be killed and come back.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-conformance-");
    private ChildProcess? _process;

    private readonly string[] _settings;

    private RedisServer(string[] settings)
    {
        _settings = settings;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public int Port { get; }

    /// <summary>Its name, as the host shows it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <param name="settings">Settings of its own, as arguments.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        var server = new RedisServer(settings);
        await server.ComeBackAsync();
        return server;
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>, with everything it had said yes to.</summary>
    public async Task ComeBackAsync()
    {
        string[] arguments =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
            .. _settings,
        ];
        _process = new ChildProcess("redis-server", arguments, "These tests need a redis-server on the PATH (apt-get install redis-server).");
        await _process.WaitForLineAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
    }

    public Task KillAsync() => _process!.KillAsync();

    /// <summary>Lets it hang: it keeps its connections and answers nothing.</summary>
    public void Hang() => _process!.Signal(19);

    public void GoOn() => _process!.Signal(18);

    /// <summary>A server that replicates this one, once it has everything.</summary>
    public async Task<RedisServer> StartReplicaAsync()
    {
        var replica = await StartAsync("--replicaof", "127.0.0.1", $"{Port}");
        await using var connection = await RawConnection.OpenAsync(Port);
        await Eventually.TrueAsync(
            async () =>
            {
                await connection.SendAsync("WAIT 1 100\r\n");
                return await connection.ReadLineAsync() == ":1";
            },
            "the replica has everything");
        return replica;
    }

    /// <summary>All keys, sorted.</summary>
    public async Task<string[]> KeysAsync()
    {
        await using var connection = await RawConnection.OpenAsync(Port);
        await connection.SendAsync("KEYS *\r\n");
        var keys = new string[int.Parse((await connection.ReadLineAsync())[1..], CultureInfo.InvariantCulture)];
        for (var i = 0; i < keys.Length; i++)
        {
            await connection.ReadLineAsync();
            keys[i] = await connection.ReadLineAsync();
        }
        Array.Sort(keys, StringComparer.Ordinal);
        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
