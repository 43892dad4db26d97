using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Exchanges whose replies were lost: Redis may have leased messages that no caller got. They are returned, uncounted, as
/// soon as Redis answers again.
/// <para>
/// Redis may run a lost exchange after it was asked for: the command can still be on its way over the old connection.
/// So an exchange that is not remembered is asked for again for some seconds. The messages of a host that dies
/// return when their leases end.
/// </para>
/// </summary>
/// <param name="recover">Returns what an exchange delivered; -1 when Redis does not remember it.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="logger">Logs what was returned, and what is given up.</param>
internal sealed partial class LostExchanges(
    Func<QueueName, RedisKey[], long, CancellationToken, ValueTask<long>> recover, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int MaxPending = 10_000;
    private const int MaxQuestions = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LatePause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Exchange> _pending = new();
    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>Notes an exchange whose reply was lost.</summary>
    public void Add(QueueName queue, RedisKey[] keys, long token)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            if (_pending.Count == MaxPending)
            {
                LogGivenUp(logger, _pending.Dequeue().Queue.Value);
            }
            _pending.Enqueue(new Exchange(queue, keys, token, time.GetTimestamp()));
            if (_running.IsCompleted) _running = Task.Run(RunAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
        }
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        // A last time: messages that no caller got need not wait for their leases to end.
        while (TakeNext() is { } exchange && await AskAsync(exchange, CancellationToken.None).ConfigureAwait(false) is not null)
        {
        }
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (TakeNext() is { } exchange)
            {
                var found = await AskAsync(exchange, _closing.Token).ConfigureAwait(false);
                if (found >= 0) continue;
                // Redis does not remember it, or is away: later, for as long as it is remembered.
                var questions = found is null ? exchange.Questions : exchange.Questions + 1;
                if (questions == MaxQuestions || time.GetElapsedTime(exchange.Since) > Stores.StoreLimits.Recoverable) continue;
                lock (_lock) _pending.Enqueue(exchange with { Questions = questions });
                await Task.Delay(found is null ? Pause : LatePause, time, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // DisposeAsync does the rest.
        }
    }

    private Exchange? TakeNext()
    {
        lock (_lock) return _pending.TryDequeue(out var exchange) ? exchange : null;
    }

    // How many messages returned; -1 when Redis does not remember the exchange, null when it is away.
    private async ValueTask<long?> AskAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            var returned = await recover(exchange.Queue, exchange.Keys, exchange.Token, cancellationToken).ConfigureAwait(false);
            if (returned > 0) LogReturned(logger, returned, exchange.Queue.Value);
            return returned;
        }
        catch (RestMqUnavailableException)
        {
            return null;
        }
    }

    [LoggerMessage(10, LogLevel.Warning, "Too many replies of Redis were lost; messages of {Queue} that nobody got return when their leases end")]
    private static partial void LogGivenUp(ILogger logger, string queue);

    [LoggerMessage(25, LogLevel.Information, "Returned {Count} messages of {Queue}: the reply of Redis that delivered them was lost")]
    private static partial void LogReturned(ILogger logger, long count, string queue);

    private sealed record Exchange(QueueName Queue, RedisKey[] Keys, long Token, long Since, int Questions = 0);
}
