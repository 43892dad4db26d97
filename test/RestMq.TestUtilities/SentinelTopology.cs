using System.Net;

namespace RestMq.TestUtilities;

/// <summary>
/// Runs one primary, its replicas and three sentinels on the loopback. Every server announces the address of its own
/// proxy, so that a test can cut the server off.
/// </summary>
public sealed class SentinelTopology : IAsyncDisposable
{
    public const string Service = "mymaster";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SentinelOptions _options;

    private SentinelTopology(SentinelOptions options) => _options = options;

    /// <summary>Gets the Redis servers with their proxies. The first server is the primary at the start.</summary>
    public IReadOnlyList<ProxiedRedis> Servers { get; private set; } = [];

    public IReadOnlyList<SentinelServer> Sentinels { get; private set; } = [];

    /// <summary>Gets the connection string for hosts: the sentinels and the name of the service.</summary>
    public string Configuration => string.Join(',', Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Proxy.Port}").Append($"serviceName={Service}"));

    /// <summary>Starts all servers. Sentinels and replicas know each other when the task completes.</summary>
    public static async Task<SentinelTopology> LaunchAsync(SentinelOptions? options = null, CancellationToken cancellationToken = default)
    {
        var topology = new SentinelTopology(options ?? new SentinelOptions());
        try
        {
            await topology.StartAsync(cancellationToken);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the server that most sentinels name as the primary.</summary>
    public async Task<ProxiedRedis> CurrentPrimaryAsync(CancellationToken cancellationToken = default)
    {
        var named = await NamedPortsAsync(cancellationToken);
        var port = named.GroupBy(port => port).OrderByDescending(group => group.Count()).First().Key;
        return Servers.Single(server => server.Proxy.Port == port);
    }

    /// <summary>
    /// Asks a sentinel for a planned failover and waits until all sentinels agree. Returns the new primary.
    /// </summary>
    public async Task<ProxiedRedis> FailoverAsync(CancellationToken cancellationToken = default)
    {
        var old = await CurrentPrimaryAsync(cancellationToken);
        var requested = long.MinValue;
        // On a busy machine a sentinel gives up a failover whose steps take too long. It reports that only in its log,
        // so the failover is requested again after each failover timeout.
        await Until.NothingMissingAsync(
            async () =>
            {
                if (await Sentinels[0].NamedPortAsync(Service, cancellationToken) != old.Proxy.Port) return null;
                if (Environment.TickCount64 - _options.FailoverTimeout.TotalMilliseconds > requested)
                {
                    await RequestFailoverAsync(cancellationToken);
                    requested = Environment.TickCount64;
                }
                return "the sentinel names the old primary";
            },
            "the sentinel that was asked names another primary", Patience, cancellationToken);
        await WaitForFailoverAsync(old, cancellationToken);
        await WaitForAgreementAsync(cancellationToken);
        return await CurrentPrimaryAsync(cancellationToken);
    }

    /// <summary>Asks a sentinel for a failover and does not wait for its end.</summary>
    public Task RequestFailoverAsync(CancellationToken cancellationToken = default)
    {
        // The sentinel refuses a failover while another failover runs, and while no replica is suitable (NOGOODSLAVE).
        return Until.NothingMissingAsync(
            async () => (string?)await Sentinels[0].AskAsync(cancellationToken, "SENTINEL", "FAILOVER", Service) == "OK"
                ? null
                : "the sentinel refuses it",
            "a sentinel begins a failover", Patience, cancellationToken);
    }

    /// <summary>Waits until most sentinels name another primary than <paramref name="old"/>.</summary>
    public Task WaitForFailoverAsync(ProxiedRedis old, CancellationToken cancellationToken = default) => Until.NothingMissingAsync(
        async () => await CurrentPrimaryAsync(cancellationToken) == old ? "they name the old primary" : null,
        "the sentinels name another primary", Patience, cancellationToken);

    /// <summary>
    /// Waits until all sentinels name the same primary, this server reports the role of a primary, all other running
    /// servers replicate it, and each sentinel knows all other sentinels.
    /// </summary>
    public Task WaitForAgreementAsync(CancellationToken cancellationToken = default) =>
        Until.NothingMissingAsync(() => DisagreementAsync(cancellationToken), "sentinels and servers agree", Patience, cancellationToken);

    /// <summary>
    /// Makes a partition. The servers, hosts and clients of the arguments reach only each other. The sentinels are on
    /// the other side. Open connections between the sides stall, as when a cable is pulled.
    /// </summary>
    /// <param name="servers">The Redis servers that are cut off.</param>
    /// <param name="hosts">The process ids of the hosts on the side of these servers.</param>
    /// <param name="sources">The loopback addresses from which clients on this side connect, for clients within the
    /// test process.</param>
    public void Partition(IReadOnlyCollection<ProxiedRedis> servers, IReadOnlyCollection<int>? hosts = null, IReadOnlyCollection<IPAddress>? sources = null)
    {
        int[] processes = [.. servers.Where(server => server.Redis.IsRunning).Select(server => server.Redis.ProcessId), .. hosts ?? []];
        foreach (var server in Servers) server.Proxy.Set(client => IsCutOff(client) == servers.Contains(server) ? ProxyMode.Open : ProxyMode.Stall);
        foreach (var sentinel in Sentinels) sentinel.Proxy.Set(client => IsCutOff(client) ? ProxyMode.Stall : ProxyMode.Open);

        bool IsCutOff(IPEndPoint client) => sources?.Contains(client.Address) is true || ConnectionOwner.IsOneOf(processes, client);
    }

    /// <summary>Ends the partition.</summary>
    public void Heal()
    {
        foreach (var proxy in Servers.Select(server => server.Proxy).Concat(Sentinels.Select(sentinel => sentinel.Proxy))) proxy.Set(ProxyMode.Open);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in Sentinels) await sentinel.DisposeAsync();
        foreach (var server in Servers) await server.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Servers = [.. Enumerable.Range(0, _options.Replicas + 1).Select(_ => new ProxiedRedis(_options.Settings))];
        await Task.WhenAll(Servers.Select(server => server.StartAsync(cancellationToken)));
        // A replica is configured by a command and not by an argument. So a killed server restarts as a primary, as it
        // does with a configuration file that was not rewritten.
        foreach (var replica in Servers.Skip(1)) await replica.Redis.AskAsync(cancellationToken, "REPLICAOF", "127.0.0.1", $"{Servers[0].Proxy.Port}");
        Sentinels = [.. Enumerable.Range(0, _options.Sentinels).Select(_ => new SentinelServer(Service, Servers[0].Proxy.Port, _options))];
        await Task.WhenAll(Sentinels.Select(sentinel => sentinel.StartAsync()));
        await WaitForAgreementAsync(cancellationToken);
    }

    private Task<int[]> NamedPortsAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Sentinels.Select(sentinel => sentinel.NamedPortAsync(Service, cancellationToken)));

    private async Task<string?> DisagreementAsync(CancellationToken cancellationToken)
    {
        var named = await NamedPortsAsync(cancellationToken);
        if (named.Distinct().Count() > 1) return $"the sentinels name the ports {string.Join(", ", named)}";
        var primary = Servers.Single(server => server.Proxy.Port == named[0]);
        foreach (var server in Servers.Where(server => server.Redis.IsRunning))
        {
            var role = (object?[])(await server.Redis.AskAsync(cancellationToken, "ROLE"))!;
            var agrees = server == primary ? role is ["master", ..] : role is ["slave", _, long port, "connected", ..] && port == named[0];
            if (!agrees) return $"the server behind port {server.Proxy.Port} is {string.Join(' ', role.Take(4))}";
        }
        foreach (var sentinel in Sentinels)
        {
            var state = await sentinel.StateAsync(Service, cancellationToken);
            if (state["flags"] != "master" || state["num-other-sentinels"] != $"{Sentinels.Count - 1}" || state["num-slaves"] != $"{Servers.Count - 1}")
                return $"a sentinel says: {state["flags"]}, {state["num-other-sentinels"]} others, {state["num-slaves"]} replicas";
        }
        return null;
    }
}
