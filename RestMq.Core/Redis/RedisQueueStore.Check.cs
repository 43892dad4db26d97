using RestMq.Stores;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Whether Redis takes what is written, and whether it will keep it. What a server does not tell (a managed one, or an ACL, may refuse INFO and
/// CONFIG) is unknown, and no failure.
/// </summary>
internal sealed partial class RedisQueueStore
{
    private const string Unknown = "unknown";

    public async ValueTask<StoreReport> CheckAsync(CancellationToken cancellationToken)
    {
        var facts = new Dictionary<string, object> { ["store"] = Description };
        try
        {
            await _format.EnsureAsync(cancellationToken).ConfigureAwait(false);
            await _connection.DoAsync(TryWriteAsync, cancellationToken).ConfigureAwait(false);
            var primaries = await _connection.DoAsync(AskPrimariesAsync, cancellationToken).ConfigureAwait(false);
            facts["store"] = Description; // Its servers are known only now where the application connects.
            foreach (var name in (string[])["version", "maxmemory_policy", "aof", "appendfsync"])
                facts[name] = string.Join(", ", primaries.Select(server => server[name]).Distinct());
            return new StoreReport(null, [.. primaries.SelectMany(Warnings).Distinct()], facts);
        }
        catch (RestMqUnavailableException e)
        {
            return new StoreReport(e.InnerException?.Message ?? e.Message, [], facts);
        }
    }

    /// <summary>A write that changes nothing, and that is refused whenever an add would be: by a replica, without memory, without a disk.</summary>
    private async Task<bool> TryWriteAsync(IConnectionMultiplexer connection)
    {
        if (connection.GetServers() is { Length: > 0 } servers && servers.All(server => server is { IsConnected: true, IsReplica: true }))
            throw new RestMqUnavailableException("it is a replica, which takes no writes", null);
        try
        {
            await connection.GetDatabase().StringSetRangeAsync(_prefix + "check", 0, RedisValue.EmptyString).ConfigureAwait(false);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            // This one command is not among those that it may use; that says nothing of the others.
        }
        return true;
    }

    private static async Task<Dictionary<string, string>[]> AskPrimariesAsync(IConnectionMultiplexer connection) =>
        await Task.WhenAll(connection.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }).Select(AskAsync)).ConfigureAwait(false);

    private static async Task<Dictionary<string, string>> AskAsync(IServer server)
    {
        // By a script: the client keeps INFO, and CONFIG, to connections in its admin mode, in which an application's own need not be.
        var info = await AskAsync(
            async () => Parse((string?)await server.ExecuteAsync("EVAL", "return redis.call('INFO')", 0).ConfigureAwait(false)), []).ConfigureAwait(false);
        return new Dictionary<string, string>
        {
            ["version"] = info.GetValueOrDefault("valkey_version") ?? info.GetValueOrDefault("redis_version", Unknown),
            ["maxmemory_policy"] = info.GetValueOrDefault("maxmemory_policy", Unknown),
            ["aof"] = info.GetValueOrDefault("aof_enabled") switch { "1" => "on", "0" => "off", _ => Unknown },
            ["appendfsync"] = await AskAsync(
                async () => (string?)(await server.ExecuteAsync("CONFIG", "GET", "appendfsync").ConfigureAwait(false))[1] ?? Unknown,
                Unknown).ConfigureAwait(false),
        };
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, T otherwise)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisServerException or RedisCommandException or IndexOutOfRangeException)
        {
            return otherwise;
        }
    }

    private static Dictionary<string, string> Parse(string? info) => (info ?? "").Split("\r\n")
        .Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).DistinctBy(parts => parts[0]).ToDictionary(parts => parts[0], parts => parts[1]);

    private static IEnumerable<string> Warnings(Dictionary<string, string> server)
    {
        if (server["maxmemory_policy"] is not ("noeviction" or Unknown) and var policy)
            yield return $"maxmemory-policy is {policy}, so a Redis whose memory is full drops messages; set noeviction, which refuses new ones instead.";
        if (server["aof"] == "off")
            yield return "the append-only file is off, so a Redis that ends loses what came since its last snapshot; set appendonly yes.";
        else if (server["appendfsync"] == "no")
            yield return "appendfsync is no, so a machine that ends loses what its system had not written to disk; set everysec or always.";
    }
}
