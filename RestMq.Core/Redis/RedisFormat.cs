using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Checks the rights of the host, and the format of the data in Redis, before the first call. A host must not change
/// data whose format it does not know, and a script that lacks a right may end midway. Migrates data of format 1 in bounded steps, which any number of hosts may run at the same time. Until
/// the migration is done, calls fail as if the store were away (<see cref="RestMqUnavailableException"/>).
/// </summary>
internal sealed partial class RedisFormat(
    RedisConnection connection, string prefix, Func<QueueName, CancellationToken, ValueTask> migrateQueue, ILogger logger)
{
    /// <summary>Holds the number of the format that this version reads and writes.</summary>
    public const int Current = 2;

    private readonly Lock _lock = new();
    private Task? _checking;
    private bool _isKnown;

    /// <summary>
    /// Completes when the host has all rights that it needs, and the data has the current format.
    /// </summary>
    /// <exception cref="RestMqUnavailableException">Redis is away, or its data has a newer format or is still being
    /// migrated.</exception>
    /// <exception cref="RestMqStoreRefusedException">The user of this host lacks a right.</exception>
    public ValueTask EnsureAsync(CancellationToken cancellationToken) => _checking is { IsCompletedSuccessfully: true } ? default : new(WaitAsync(cancellationToken));

    /// <summary>
    /// Makes the next call check again, because another server may have other rights, or a right was taken away.
    /// </summary>
    public void Reset()
    {
        lock (_lock)
        {
            if (_checking is { IsCompleted: true }) _checking = null;
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task checking;
        lock (_lock)
        {
            // A failed check is not kept. The next call starts a new one.
            if (_checking is null or { IsFaulted: true } or { IsCanceled: true }) _checking = CheckAsync();
            checking = _checking;
        }
        try
        {
            // Waits twice as long as for a call, because the check may have to connect first.
            await checking.WaitAsync(2 * connection.CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new RestMqUnavailableException(
                "The queues in Redis are being migrated to the format of this version. Try again soon.", e);
        }
    }

    private async Task CheckAsync()
    {
        await Task.Yield(); // The caller holds a lock, so the check must not run before the caller continues.
        int format;
        bool isOld;
        try
        {
            if (await connection.FindMissingRightsAsync(CancellationToken.None).ConfigureAwait(false) is { } missing)
                throw new RestMqStoreRefusedException(missing);
            (format, isOld) = await ReadAsync().ConfigureAwait(false);
        }
        catch (RestMqUnavailableException e) when (_isKnown && connection.IsCluster && e is not RestMqStoreRefusedException)
        {
            // One shard of a cluster must not stop the others. This host has read the format before. A host that has
            // never read it must not write, because a newer version may have written the data.
            return;
        }
        if (format > Current)
        {
            LogNewer(logger, prefix, format, Current);
            throw new RestMqUnavailableException(
                $"The queues under '{prefix}' in Redis have format {format}, "
                + $"but this version supports formats up to {Current}. Upgrade this host.",
                null);
        }
        if (format == Current)
        {
            _isKnown = true;
            return;
        }
        if (isOld) await MigrateAsync().ConfigureAwait(false);
        await connection.DoAsync(c => c.GetDatabase().StringSetAsync(RedisKeys.Format(prefix), Current), CancellationToken.None).ConfigureAwait(false);
        _isKnown = true;
    }

    // Data of format 1 has no format number. Its index shows the format, because it is a set.
    private async Task<(int Format, bool IsOld)> ReadAsync()
    {
        var format = await connection
            .DoAsync(c => c.GetDatabase().StringGetAsync(RedisKeys.Format(prefix), CommandFlags.DemandMaster), CancellationToken.None).ConfigureAwait(false);
        if (!format.IsNull) return ((int)format, false);
        var index = await connection
            .DoAsync(c => c.GetDatabase().KeyTypeAsync(RedisKeys.Queues(prefix), CommandFlags.DemandMaster), CancellationToken.None).ConfigureAwait(false);
        return (0, index == RedisType.Set);
    }

    private async Task MigrateAsync()
    {
        var names = await connection.DoAsync(c => c.GetDatabase().SetMembersAsync(RedisKeys.Queues(prefix), CommandFlags.DemandMaster), CancellationToken.None).ConfigureAwait(false);
        LogMigrating(logger, names.Length, prefix, Current);
        foreach (var name in names)
            await migrateQueue(QueueName.Parse(name!), CancellationToken.None).ConfigureAwait(false);
        await connection.DoAsync(c => c.GetDatabase().ScriptEvaluateAsync(IndexScript, [RedisKeys.Queues(prefix)]), CancellationToken.None).ConfigureAwait(false);
        LogMigrated(logger, names.Length, prefix);
    }

    // Replaces the index of format 1, a set, by the index of format 2: a sorted set in which every score is 0. A sorted
    // set can be read page by page in the order of the names.
    private const string IndexScript =
        """
        if redis.call('TYPE', KEYS[1]).ok ~= 'set' then return end
        local names = redis.call('SMEMBERS', KEYS[1])
        redis.call('DEL', KEYS[1])
        for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], 0, name) end
        """;

    [LoggerMessage(11, LogLevel.Critical,
        "The queues under '{Prefix}' in Redis have format {Format}, but this version supports formats up to {Current}. "
        + "Upgrade this host")]
    private static partial void LogNewer(ILogger logger, string prefix, int format, int current);

    [LoggerMessage(12, LogLevel.Warning,
        "Migrating {Queues} queues under '{Prefix}' in Redis to format {Format}. "
        + "Stop all hosts of older versions: their calls to these queues fail")]
    private static partial void LogMigrating(ILogger logger, int queues, string prefix, int format);

    [LoggerMessage(13, LogLevel.Information, "Migrated {Queues} queues under '{Prefix}' in Redis")]
    private static partial void LogMigrated(ILogger logger, int queues, string prefix);
}
