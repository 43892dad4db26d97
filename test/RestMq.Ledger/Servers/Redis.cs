using StackExchange.Redis;

namespace RestMq.Ledger.Servers;

/// <summary>A redis-server of our own with an append-only file, so that it can be killed and come back.</summary>
internal sealed class Redis(string fsync) : IAsyncDisposable
{
    private readonly RedisServer _server = new() { Settings = ["--appendfsync", fsync] };

    public int Port => _server.Port;

    public Task ComeBackAsync() => _server.StartAsync();

    public Task KillAsync() => _server.KillAsync();

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

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
