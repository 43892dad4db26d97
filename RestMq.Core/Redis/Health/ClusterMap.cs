using System.Globalization;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Health;

/// <summary>Holds which primary of a cluster has which slots, as one node reports it.</summary>
internal sealed class ClusterMap(IReadOnlyList<ClusterMap.Shard> primaries)
{
    /// <summary>Holds the number of slots of every cluster.</summary>
    public const int SlotCount = 16384;

    /// <summary>Gets the primaries that have slots.</summary>
    public IReadOnlyList<Shard> Primaries => primaries;

    /// <summary>Returns the map. Returns null when there is no cluster, or when no node reports its slots.</summary>
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
                // The next node may answer.
            }
        }
        return null;
    }

    /// <summary>Returns the slots as ranges: <c>0-5460, 7000</c>.</summary>
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

    /// <summary>Holds one primary and its slots.</summary>
    internal sealed record Shard(string Name, IReadOnlySet<int> Slots)
    {
        // A shard usually has hundreds of slots or more. Then one of the first few dozen numbers hits a slot.
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
            throw new InvalidOperationException($"One of {Tries} keys must be in a slot of {Name}, but none is.");
        }
    }
}
