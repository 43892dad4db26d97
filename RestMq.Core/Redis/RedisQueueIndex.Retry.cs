using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Repeats failed updates in the background: one queue at a time until an update succeeds, then all waiting queues.
/// While a queue waits, calls do not try to update the index themselves, so a shard that hangs delays no call.
/// </summary>
internal sealed partial class RedisQueueIndex
{
    // A queue beyond this limit is entered by its next add, or by a read of its statistics.
    private const int MaxWaiting = 100_000;

    private const int MaxConcurrent = 16;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<QueueName, RedisKey> _waiting = [];
    private readonly CancellationTokenSource _closing = new();
    private Task _retrying = Task.CompletedTask;
    private volatile bool _isAway;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task retrying;
        lock (_lock) retrying = _retrying;
        await retrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task UpdateAsync(QueueName queue, RedisKey meta, bool exists)
    {
        if (!_isAway) return TryAsync(queue, meta, exists);
        Postpone(queue, meta);
        return Task.CompletedTask;
    }

    private async Task<bool> TryAsync(QueueName queue, RedisKey meta, bool? exists)
    {
        try
        {
            await ReconcileAsync(queue, meta, exists ?? await ExistsAsync(meta).ConfigureAwait(false)).ConfigureAwait(false);
            return true;
        }
        catch (Exception e)
        {
            LogPostponed(_logger, queue.Value, e.Message);
            Postpone(queue, meta);
            return false;
        }
    }

    private void Postpone(QueueName queue, RedisKey meta)
    {
        lock (_lock)
        {
            if (_closing.IsCancellationRequested) return;
            if (_waiting.Count >= MaxWaiting && !_waiting.ContainsKey(queue))
            {
                _entered.Remove(queue);
                return;
            }
            _waiting[queue] = meta;
            if (_isAway) return;
            _isAway = true;
            _retrying = RetryAsync(_closing.Token);
        }
    }

    private async Task RetryAsync(CancellationToken closing)
    {
        LogAway(_logger);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, _time, closing).ConfigureAwait(false);
            // The queue is read again, because it may have changed since the failed update.
            if (!await TryAsync(TakeAny()).ConfigureAwait(false)) continue;
            await Parallel.ForEachAsync(
                TakeAll(), new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrent, CancellationToken = closing },
                async (one, _) => await TryAsync(one).ConfigureAwait(false)).ConfigureAwait(false);
            pause = FirstPause / 2;
            lock (_lock)
            {
                if (_waiting.Count > 0) continue;
                _isAway = false;
                break;
            }
        }
        LogBack(_logger);
    }

    private Task<bool> TryAsync(KeyValuePair<QueueName, RedisKey> waiting) => TryAsync(waiting.Key, waiting.Value, exists: null);

    // Takes a random queue, because a queue whose update always fails must not block the others.
    private KeyValuePair<QueueName, RedisKey> TakeAny()
    {
        lock (_lock)
        {
            var one = _waiting.ElementAt(Random.Shared.Next(_waiting.Count));
            _waiting.Remove(one.Key);
            return one;
        }
    }

    private KeyValuePair<QueueName, RedisKey>[] TakeAll()
    {
        lock (_lock)
        {
            KeyValuePair<QueueName, RedisKey>[] all = [.. _waiting];
            _waiting.Clear();
            return all;
        }
    }

    [LoggerMessage(22, LogLevel.Debug,
        "The index entry of {Queue} could not be changed. The host tries again later: {Reason}")]
    private static partial void LogPostponed(ILogger logger, string queue, string reason);

    [LoggerMessage(23, LogLevel.Warning,
        "The index of queues cannot be changed. New queues are listed later. Messages are not affected")]
    private static partial void LogAway(ILogger logger);

    [LoggerMessage(24, LogLevel.Information, "The index of queues is up to date again")]
    private static partial void LogBack(ILogger logger);
}
