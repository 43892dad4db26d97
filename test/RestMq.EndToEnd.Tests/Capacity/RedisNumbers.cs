using System.Globalization;
using System.Text;

namespace RestMq.EndToEnd.Capacity;

/// <summary>Reads the statistics of a Redis server.</summary>
internal static class RedisNumbers
{
    /// <summary>
    /// Returns a number of INFO, such as <c>used_memory</c>. A dot selects a part of a field, as in
    /// <c>cmdstat_evalsha.calls</c>.
    /// </summary>
    public static async Task<long> InfoAsync(this RedisServer redis, string name)
    {
        await using var connection = await RawConnection.OpenAsync(redis.Port);
        await connection.SendAsync("INFO everything\r\n");
        var length = int.Parse((await connection.ReadLineAsync())[1..], CultureInfo.InvariantCulture);
        var parts = name.Split('.');
        var line = Encoding.ASCII.GetString(await connection.ReadAsync(length)).Split("\r\n").Single(line => line.StartsWith(parts[0] + ":", StringComparison.Ordinal));
        var value = line[(parts[0].Length + 1)..];
        if (parts.Length > 1) value = value.Split(',').Single(part => part.StartsWith(parts[1] + "=", StringComparison.Ordinal))[(parts[1].Length + 1)..];
        return long.Parse(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Returns the number of queues that have a subscription.</summary>
    public static async Task<int> SubscriptionsAsync(this RedisServer redis)
    {
        await using var connection = await RawConnection.OpenAsync(redis.Port);
        await connection.SendAsync("PUBSUB CHANNELS restmq:{*\r\n");
        return int.Parse((await connection.ReadLineAsync())[1..], CultureInfo.InvariantCulture);
    }
}
