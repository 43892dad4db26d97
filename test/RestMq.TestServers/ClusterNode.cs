using System.Globalization;

namespace RestMq.TestServers;

/// <summary>A node of a <see cref="ClusterTopology"/>.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    internal ClusterNode(ClusterOptions options)
    {
        BusPort = Ports.Next();
        Redis = new RedisServer
        {
            Settings =
            [
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", $"{BusPort}",
                "--cluster-announce-ip", "127.0.0.1",
                "--cluster-node-timeout", string.Create(CultureInfo.InvariantCulture, $"{options.NodeTimeout.TotalMilliseconds}"),
                "--cluster-require-full-coverage", options.RequireFullCoverage ? "yes" : "no",
                // A replica stays with its shard, so that a test knows where it is.
                "--cluster-allow-replica-migration", "no",
                .. options.Settings,
            ],
        };
    }

    public RedisServer Redis { get; }

    /// <summary>The port on which nodes talk to each other.</summary>
    public int BusPort { get; }

    /// <summary>Its id in the cluster, which it keeps.</summary>
    public string Id { get; private set; } = "";

    public async ValueTask DisposeAsync() => await Redis.DisposeAsync();

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await Redis.StartAsync(cancellationToken);
        Id = (string)(await Redis.AskAsync(cancellationToken, "CLUSTER", "MYID"))!;
    }

    /// <summary>The lines of <c>CLUSTER NODES</c>.</summary>
    internal async Task<IReadOnlyList<string>> KnownAsync(CancellationToken cancellationToken) =>
        ((string)(await Redis.AskAsync(cancellationToken, "CLUSTER", "NODES"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The port of the primary that it believes to serve a slot; null for none.</summary>
    internal async Task<int?> PrimaryPortOfAsync(int slot, CancellationToken cancellationToken)
    {
        foreach (var range in (object?[])(await Redis.AskAsync(cancellationToken, "CLUSTER", "SLOTS"))!)
        {
            if (range is object?[] and [long first, long last, object?[] primary, ..] && first <= slot && slot <= last) return (int)(long)primary[1]!;
        }
        return null;
    }

    /// <summary>The port of the primary that it replicates; null when it is one itself.</summary>
    internal async Task<int?> ReplicatedPortAsync(CancellationToken cancellationToken) =>
        (object?[])(await Redis.AskAsync(cancellationToken, "ROLE"))! is ["slave", _, long port, ..] ? (int)port : null;
}
