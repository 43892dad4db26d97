using StackExchange.Redis;

namespace RestMq.Ledger.Servers;

/// <summary>Runs a redis-server with an append-only file, so that it can be killed and restarted.</summary>
internal sealed class Redis(string fsync) : IServers
{
    private readonly RedisServer _server = new() { Settings = ["--appendfsync", fsync] };

    public int Port => _server.Port;

    public string Configuration => _server.Address;

    public Task ComeBackAsync() => _server.StartAsync();

    public Task KillAsync() => _server.KillAsync();

    public Task<IReadOnlyList<RedisServer>> PrimariesAsync() => Task.FromResult<IReadOnlyList<RedisServer>>([_server]);

    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},allowAdmin=true");

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
