namespace RestMq.Ledger.Servers;

/// <summary>Gives access to the Redis servers that hosts use, in any topology.</summary>
internal interface IServers : IAsyncDisposable
{
    /// <summary>Gets the connection string for hosts.</summary>
    string Configuration { get; }

    /// <summary>Returns the servers that hold the data.</summary>
    Task<IReadOnlyList<RedisServer>> PrimariesAsync();

    /// <summary>Returns the keys that do not belong to an empty queue and do not expire by themselves.</summary>
    /// <param name="of">The queue. Null for all queues.</param>
    async Task<string> LeftAsync(string? of = null)
    {
        const string Lasting = """
            local lasting = {}
            for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
              if redis.call('PTTL', key) == -1 then lasting[#lasting + 1] = key end
            end
            return lasting
            """;
        var left = new List<string>();
        foreach (var primary in await PrimariesAsync())
        {
            var lasting = (object?[])(await primary.AskAsync("EVAL", Lasting, "0", of is null ? "*" : $"restmq:{{{of}}}:*"))!;
            left.AddRange(lasting.Select(key => (string)key!).Where(key => key != "restmq:queues" && !key.EndsWith("}:meta", StringComparison.Ordinal)));
        }
        return string.Join(", ", left);
    }
}
