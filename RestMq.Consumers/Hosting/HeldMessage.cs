using Microsoft.Extensions.Logging;

namespace RestMq.Hosting;

/// <summary>
/// Holds one leased message and extends its lease until the message is settled. This includes the time in which the
/// message waits for a worker. When the source answers that the receipt is stale, the message no longer belongs to this
/// consumer. Its handler is cancelled then, and the message is not settled.
/// </summary>
internal sealed partial class HeldMessage : IDisposable
{
    private enum State
    {
        Held,
        Settling,
        Lost,
    }

    // A delay of this length or less is not halved again. The next attempt has no delay.
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);

    private readonly ConsumerLoop _consumption;
    private readonly CancellationTokenSource _handling;
    private readonly CancellationToken _cut;
    private readonly ITimer _timer;
    private volatile State _state;
    private int _failures;

    /// <param name="message">The leased message.</param>
    /// <param name="consumption">The consumer's source, options and log.</param>
    /// <param name="cut">Cancelled when the time is over in which running handlers may finish.</param>
    public HeldMessage(SourceMessage message, ConsumerLoop consumption, CancellationToken cut)
    {
        Message = message;
        _consumption = consumption;
        _cut = cut;
        _handling = CancellationTokenSource.CreateLinkedTokenSource(cut);
        Token = _handling.Token;
        _timer = consumption.Time.CreateTimer(
            static held => _ = ((HeldMessage)held!).RenewAsync(), this, consumption.Options.Lease / 2, Timeout.InfiniteTimeSpan);
    }

    public SourceMessage Message { get; }

    /// <summary>Gets the token for the handler of the message.</summary>
    public CancellationToken Token { get; }

    public bool IsLost => _state is State.Lost;

    public Task<bool> AckAsync() => SettleAsync("acked", _consumption.Source.AckAsync);

    // One attempt only. The delivery does not count, so the next delivery has the same receipt. A second attempt could
    // settle that delivery, which belongs to another consumer.
    public Task<bool> ReturnAsync() => SettleAsync("released", _consumption.Source.ReturnAsync, once: true);

    public Task<bool> ReleaseAsync(TimeSpan delay) =>
        SettleAsync("released", (_, cancellationToken) => ReleaseAsync(delay, cancellationToken));

    public Task<bool> BuryAsync(string reason) =>
        SettleAsync("buried", (message, cancellationToken) => _consumption.Source.BuryAsync(message, reason, cancellationToken));

    public void Dispose()
    {
        _timer.Dispose();
        _handling.Dispose();
    }

    // A refused delay is halved until the source accepts it. Without any delay a failing message would be delivered
    // again and again in a tight loop.
    private async ValueTask<bool> ReleaseAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        for (var shorter = delay; ; shorter = shorter > ShortestDelay ? shorter / 2 : TimeSpan.Zero)
        {
            try
            {
                var done = await _consumption.Source.ReleaseAsync(Message, shorter, cancellationToken).ConfigureAwait(false);
                if (done && shorter < delay) _consumption.Shorten(delay, shorter);
                return done;
            }
            catch (ArgumentException) when (shorter > TimeSpan.Zero)
            {
                // The loop tries a shorter delay.
            }
        }
    }

    private async Task RenewAsync()
    {
        bool renewed;
        try
        {
            using var limit = new CancellationTokenSource(ConsumerLoop.SettleTimeout, _consumption.Time);
            renewed = await _consumption.Source.ExtendAsync(Message, _consumption.Options.Lease, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (_state is not State.Held) return;
            if (ConsumerLoop.IsRefusal(e))
            {
                _consumption.Answered();
                if (_failures++ == 0) LogUnrenewed(_consumption.Logger, e, Message.Key);
                // The consumer must still find out whether the message belongs to it, but without haste. So the next
                // attempt follows after half a lease.
                _timer.Change(_consumption.Options.Lease / 2, Timeout.InfiniteTimeSpan);
                return;
            }
            // The consumer tries until it knows whether the message still belongs to it. While the store is
            // unavailable, no other consumer gets the message either.
            _consumption.Failed(e);
            _timer.Change(ConsumerLoop.PauseAfter(++_failures), Timeout.InfiniteTimeSpan);
            return;
        }
        _consumption.Answered();
        if (renewed)
        {
            _failures = 0;
            _timer.Change(_consumption.Options.Lease / 2, Timeout.InfiniteTimeSpan);
        }
        // While the message is being settled, a stale receipt comes from this consumer's own settlement and is no loss.
        else if (Interlocked.CompareExchange(ref _state, State.Lost, State.Held) is State.Held)
        {
            LogLost(_consumption.Logger, Message.Key);
            try
            {
                await _handling.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The handler has just ended and the message is disposed.
            }
        }
    }

    // Tries until the source answers or refuses, for at most the length of a lease. So a store that is unavailable for
    // a moment does not cause finished work to be done again.
    private async Task<bool> SettleAsync(string what, Func<SourceMessage, CancellationToken, ValueTask<bool>> settle, bool once = false)
    {
        if (Interlocked.CompareExchange(ref _state, State.Settling, State.Held) is State.Lost) return true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        var start = _consumption.Time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = new CancellationTokenSource(ConsumerLoop.SettleTimeout, _consumption.Time);
                var done = await settle(Message, limit.Token).ConfigureAwait(false);
                _consumption.Answered();
                // A stale receipt after a failed attempt is not logged. The failed attempt may have settled the
                // message, with only its answer lost.
                if (!done && attempt == 1) LogTooLate(_consumption.Logger, Message.Key, what);
                return true;
            }
            catch (Exception e) when (ConsumerLoop.IsRefusal(e))
            {
                _consumption.Answered();
                LogRefused(_consumption.Logger, e, Message.Key, what);
                return true;
            }
            catch (Exception e)
            {
                _consumption.Failed(e);
                if (once || _cut.IsCancellationRequested || _consumption.Time.GetElapsedTime(start) > _consumption.Options.Lease)
                {
                    LogUnsettled(_consumption.Logger, e, Message.Key, what);
                    return false;
                }
                await Task.Delay(ConsumerLoop.PauseAfter(attempt), _consumption.Time, _cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(70, LogLevel.Warning,
        "{Key} no longer belongs to this consumer: its lease ended or another client settled it. " +
        "Its handler is cancelled.")]
    private static partial void LogLost(ILogger logger, MessageKey key);

    [LoggerMessage(71, LogLevel.Warning,
        "{Key} could not be {What}, because it no longer belongs to this consumer. It may be handled twice.")]
    private static partial void LogTooLate(ILogger logger, MessageKey key, string what);

    [LoggerMessage(72, LogLevel.Error, "{Key} could not be {What}. It is delivered again when its lease ends.")]
    private static partial void LogUnsettled(ILogger logger, Exception exception, MessageKey key, string what);

    [LoggerMessage(73, LogLevel.Error,
        "{Key} could not be {What}, because its source refuses the request. The consumer does not try again, and the " +
        "message is delivered again when its lease ends.")]
    private static partial void LogRefused(ILogger logger, Exception exception, MessageKey key, string what);

    [LoggerMessage(74, LogLevel.Warning,
        "The source refuses to extend the lease of {Key}. Another consumer may receive it when the lease ends.")]
    private static partial void LogUnrenewed(ILogger logger, Exception exception, MessageKey key);
}
