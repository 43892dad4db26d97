using StackExchange.Redis;

namespace RestMq.Ledger.Servers;

/// <summary>A redis-server of our own with an append-only file, so that it can be killed and come back.</summary>
internal sealed class Redis(string fsync) : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-ledger-");
    private ChildProcess? _process;

    public int Port { get; } = Ports.Next();

    public async Task ComeBackAsync()
    {
        string[] arguments =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "", "--appendonly", "yes", "--appendfsync", fsync,
        ];
        _process = new ChildProcess("redis-server", arguments, "The ledger needs a redis-server on the PATH (apt-get install redis-server).");
        await _process.WaitForLineAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
    }

    public Task KillAsync() => _process!.KillAsync();

    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},allowAdmin=true");

    /// <summary>Keys that neither stay with an empty queue for good nor expire by themselves.</summary>
    /// <param name="of">The queue; null for whatever there is.</param>
    public async Task<string> LeftAsync(string? of = null)
    {
        await using var connection = await ConnectAsync();
        var left = new List<string>();
        await foreach (var key in connection.GetServers()[0].KeysAsync(pattern: of is null ? "*" : $"restmq:{{{of}}}:*"))
        {
            var name = key.ToString();
            if (name == "restmq:queues" || name.EndsWith("}:meta", StringComparison.Ordinal)) continue;
            if (await connection.GetDatabase().KeyTimeToLiveAsync(key) is null && await connection.GetDatabase().KeyExistsAsync(key)) left.Add(name);
        }
        return string.Join(", ", left);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
