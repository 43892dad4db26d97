using System.Globalization;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>Which primary of a cluster has which slots, as a node of it says.</summary>
internal sealed class ClusterMap(IReadOnlyList<ClusterMap.Shard> primaries)
{
    /// <summary>The slots of every cluster.</summary>
    public const int SlotCount = 16384;

    /// <summary>The primaries that have slots.</summary>
    public IReadOnlyList<Shard> Primaries => primaries;

    /// <summary>Returns the map, or null where there is no cluster, or a node does not tell.</summary>
    public static async Task<ClusterMap?> ReadAsync(IConnectionMultiplexer connection)
    {
        foreach (var server in connection.GetServers().Where(server => server is { IsConnected: true, ServerType: ServerType.Cluster }))
        {
            try
            {
                if (await server.ClusterNodesAsync().ConfigureAwait(false) is not { } nodes) continue;
                var primaries = nodes.Nodes.Where(node => !node.IsReplica && node.Slots.Count > 0)
                    .Select(node => new Shard(RedisSettings.NameOf(node.EndPoint), [.. node.Slots.SelectMany(Slots)]));
                return new ClusterMap([.. primaries]);
            }
            catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException)
            {
                // The next node may know.
            }
        }
        return null;
    }

    /// <summary>Returns the slots as people write them: <c>0-5460, 7000</c>.</summary>
    public static string Ranges(IEnumerable<int> slots)
    {
        var ranges = new List<(int From, int To)>();
        foreach (var slot in slots)
        {
            if (ranges.Count > 0 && ranges[^1].To == slot - 1) ranges[^1] = (ranges[^1].From, slot);
            else ranges.Add((slot, slot));
        }
        return string.Join(", ", ranges.Select(range => range.From == range.To ? $"{range.From}" : $"{range.From}-{range.To}"));
    }

    private static IEnumerable<int> Slots(SlotRange range) => Enumerable.Range(range.From, range.To - range.From + 1);

    /// <summary>One primary and its slots.</summary>
    internal sealed record Shard(string Name, IReadOnlySet<int> Slots)
    {
        // A shard has hundreds of slots as a rule, and then the tenth number or so is one of it.
        private const int Tries = 200_000;

        public Shard(string name, int[] slots) : this(name, slots.ToHashSet())
        {
        }

        /// <summary>Returns a key in one of the slots.</summary>
        public RedisKey KeyOf(IConnectionMultiplexer connection, string name)
        {
            for (var i = 0; i < Tries; i++)
            {
                RedisKey key = string.Create(CultureInfo.InvariantCulture, $"{name}:{{{i}}}");
                if (Slots.Contains(connection.HashSlot(key))) return key;
            }
            throw new InvalidOperationException($"None of {Tries} keys is in a slot of {Name}.");
        }
    }
}
