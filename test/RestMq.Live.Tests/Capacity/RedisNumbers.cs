using System.Globalization;
using System.Text;

namespace RestMq.Live.Capacity;

/// <summary>What a Redis server tells of itself.</summary>
internal static class RedisNumbers
{
    /// <summary>
    /// A number of INFO, such as <c>used_memory</c>; behind a dot a part of it: <c>cmdstat_evalsha.calls</c>.
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

    /// <summary>How many queues somebody listens to.</summary>
    public static async Task<int> SubscriptionsAsync(this RedisServer redis)
    {
        await using var connection = await RawConnection.OpenAsync(redis.Port);
        await connection.SendAsync("PUBSUB CHANNELS restmq:{*\r\n");
        return int.Parse((await connection.ReadLineAsync())[1..], CultureInfo.InvariantCulture);
    }
}
