using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Returns the messages of exchanges whose replies were lost. Redis may have leased these messages although no caller
/// received them. They return, without being counted as delivered, as soon as Redis answers again.
/// <para>
/// Redis may run a lost exchange only after it was asked to take the exchange back, because the command can still be on
/// its way over the old connection. So Redis is asked again for some seconds while it does not remember the exchange.
/// When a host dies, its messages return when their leases end.
/// </para>
/// </summary>
/// <param name="recover">Takes back the messages that an exchange delivered. Returns how many, or -1 when Redis does
/// not remember the exchange.</param>
/// <param name="time">The clock for the pauses between attempts.</param>
/// <param name="logger">Logs the returned messages, and the exchanges that are given up.</param>
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

    /// <summary>Adds an exchange whose reply was lost.</summary>
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
        // Asks once more for each exchange while Redis answers, so that messages that no caller received need not wait
        // for their leases to end.
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
                // Redis does not remember the exchange, or is away. It is asked again later, for as long as it
                // remembers exchanges.
                var questions = found is null ? exchange.Questions : exchange.Questions + 1;
                if (questions == MaxQuestions || time.GetElapsedTime(exchange.Since) > Stores.StoreLimits.Recoverable) continue;
                lock (_lock) _pending.Enqueue(exchange with { Questions = questions });
                await Task.Delay(found is null ? Pause : LatePause, time, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // DisposeAsync handles the exchanges that remain.
        }
    }

    private Exchange? TakeNext()
    {
        lock (_lock) return _pending.TryDequeue(out var exchange) ? exchange : null;
    }

    // Returns how many messages went back, -1 when Redis does not remember the exchange, or null when Redis is away.
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

    [LoggerMessage(10, LogLevel.Warning,
        "Too many replies of Redis were lost. Undelivered messages of {Queue} return when their leases end")]
    private static partial void LogGivenUp(ILogger logger, string queue);

    [LoggerMessage(25, LogLevel.Information, "Returned {Count} messages of {Queue}: the reply of Redis that delivered them was lost")]
    private static partial void LogReturned(ILogger logger, long count, string queue);

    private sealed record Exchange(QueueName Queue, RedisKey[] Keys, long Token, long Since, int Questions = 0);
}
