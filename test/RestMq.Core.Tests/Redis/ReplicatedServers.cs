using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Runs a real primary and a real replica, with the test's own connection to the primary.</summary>
internal sealed class ReplicatedServers : IAsyncDisposable
{
    private IConnectionMultiplexer? _toPrimary;

    private ReplicatedServers()
    {
    }

    public RedisFixture Primary { get; } = new() { Settings = ["--repl-diskless-sync-delay", "0"] };

    public RedisFixture Replica { get; private set; } = null!;

    public IServer PrimaryCommands => _toPrimary!.GetServers().Single();

    public static async Task<ReplicatedServers> StartAsync()
    {
        var servers = new ReplicatedServers();
        await servers.Primary.InitializeAsync();
        servers.Replica = new RedisFixture { Settings = ["--replicaof", "127.0.0.1", $"{servers.Primary.Port}"] };
        await servers.Replica.InitializeAsync();
        servers._toPrimary = await ConnectAsync(servers.Primary);
        await servers.LinkedAsync();
        return servers;
    }

    /// <summary>Returns a new connection. The caller must dispose of it.</summary>
    public static async Task<IConnectionMultiplexer> ConnectAsync(RedisFixture server) =>
        await ConnectionMultiplexer.ConnectAsync($"{server.Patient},allowAdmin=true");

    /// <summary>Completes when the replica has acknowledged all writes of the primary.</summary>
    public Task LinkedAsync() => Deadline.Until(async () => (long)await PrimaryCommands.ExecuteAsync("WAIT", 1, 100) == 1);

    /// <summary>Returns the number of WAIT commands that the primary has run.</summary>
    public async Task<int> WaitsAsync()
    {
        var line = (await PrimaryCommands.InfoRawAsync("commandstats"))!.Split("\r\n").SingleOrDefault(one => one.StartsWith("cmdstat_wait:", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line.Split("calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Completes when a WAIT blocks a connection of the primary.</summary>
    public Task BlockedAsync() => Deadline.Until(async () => (await PrimaryCommands.InfoRawAsync("clients"))!.Contains("blocked_clients:1", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (_toPrimary is not null) await _toPrimary.DisposeAsync();
        await Replica.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
