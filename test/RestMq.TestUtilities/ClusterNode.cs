using System.Globalization;

namespace RestMq.TestUtilities;

/// <summary>Runs a node of a <see cref="ClusterTopology"/>.</summary>
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
                // A replica must stay with its shard, so that a test knows where the replica is.
                "--cluster-allow-replica-migration", "no",
                .. options.Settings,
            ],
        };
    }

    public RedisServer Redis { get; }

    /// <summary>Gets the port of the cluster bus, on which the nodes talk to each other.</summary>
    public int BusPort { get; }

    /// <summary>Gets the id of the node in the cluster. It survives a restart.</summary>
    public string Id { get; private set; } = "";

    public async ValueTask DisposeAsync() => await Redis.DisposeAsync();

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await Redis.StartAsync(cancellationToken);
        Id = (string)(await Redis.AskAsync(cancellationToken, "CLUSTER", "MYID"))!;
    }

    /// <summary>Returns the lines of <c>CLUSTER NODES</c>.</summary>
    internal async Task<IReadOnlyList<string>> KnownAsync(CancellationToken cancellationToken) =>
        ((string)(await Redis.AskAsync(cancellationToken, "CLUSTER", "NODES"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Returns the port of the primary that serves a slot, as this node sees it. Null when it knows none.
    /// </summary>
    internal async Task<int?> PrimaryPortOfAsync(int slot, CancellationToken cancellationToken)
    {
        foreach (var range in (object?[])(await Redis.AskAsync(cancellationToken, "CLUSTER", "SLOTS"))!)
        {
            if (range is object?[] and [long first, long last, object?[] primary, ..] && first <= slot && slot <= last)
                return (int)(long)primary[1]!;
        }
        return null;
    }

    /// <summary>Returns the port of the primary that this node replicates. Null when this node is a primary.</summary>
    internal async Task<int?> ReplicatedPortAsync(CancellationToken cancellationToken) =>
        (object?[])(await Redis.AskAsync(cancellationToken, "ROLE"))! is ["slave", _, long port, ..] ? (int)port : null;
}
