using Microsoft.Extensions.Logging;

namespace RestMq.Running;

/// <summary>
/// A message that this consumer holds: its lease is renewed from the moment it came until it is settled, while it waits as while it is handled.
/// A renewal that comes too late says that the message is someone else's: its handler is cancelled, and it is not settled any more.
/// </summary>
internal sealed partial class HeldMessage : IDisposable
{
    private enum State
    {
        Held,
        Settling,
        Lost,
    }

    // Halving ends here, and with no pause at all.
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);

    private readonly Consumption _consumption;
    private readonly CancellationTokenSource _handling;
    private readonly CancellationToken _cut;
    private readonly ITimer _timer;
    private volatile State _state;
    private int _failures;

    /// <param name="message">What was handed out.</param>
    /// <param name="consumption">The consumer's.</param>
    /// <param name="cut">Cancelled when the host's time to finish is over.</param>
    public HeldMessage(SourceMessage message, Consumption consumption, CancellationToken cut)
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

    /// <summary>For its handler.</summary>
    public CancellationToken Token { get; }

    public bool IsLost => _state is State.Lost;

    public Task<bool> AckAsync() => SettleAsync("deleted", _consumption.Source.AckAsync);

    // Once: it is not counted as a hand-out, so the next one has the same receipt, and a second try could end that.
    public Task<bool> ReturnAsync() => SettleAsync("given back", _consumption.Source.ReturnAsync, once: true);

    public Task<bool> ReleaseAsync(TimeSpan delay) =>
        SettleAsync("given back", (_, cancellationToken) => ReleaseAsync(delay, cancellationToken));

    public Task<bool> BuryAsync(string reason) =>
        SettleAsync("buried", (message, cancellationToken) => _consumption.Source.BuryAsync(message, reason, cancellationToken));

    public void Dispose()
    {
        _timer.Dispose();
        _handling.Dispose();
    }

    // A pause that is refused is halved until one is not, so that a message that fails does not come at once, and again and again.
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
                // A shorter one, then.
            }
        }
    }

    private async Task RenewAsync()
    {
        bool renewed;
        try
        {
            using var limit = new CancellationTokenSource(Consumption.Patience, _consumption.Time);
            renewed = await _consumption.Source.ExtendAsync(Message, _consumption.Options.Lease, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (_state is not State.Held) return;
            if (Consumption.IsRefusal(e))
            {
                _consumption.Answered();
                if (_failures++ == 0) LogUnrenewed(_consumption.Logger, e, Message.Key);
                // Not in haste, but whether the message is still this consumer's must be found out.
                _timer.Change(_consumption.Options.Lease / 2, Timeout.InfiniteTimeSpan);
                return;
            }
            // Tried until it is known whose the message is: while its store is away nobody else gets it either.
            _consumption.Failed(e);
            _timer.Change(Consumption.PauseAfter(++_failures), Timeout.InfiniteTimeSpan);
            return;
        }
        _consumption.Answered();
        if (renewed)
        {
            _failures = 0;
            _timer.Change(_consumption.Options.Lease / 2, Timeout.InfiniteTimeSpan);
        }
        // Once it is being settled, a stale receipt is this consumer's own doing.
        else if (Interlocked.CompareExchange(ref _state, State.Lost, State.Held) is State.Held)
        {
            LogLost(_consumption.Logger, Message.Key);
            try
            {
                await _handling.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Its handler has ended just now.
            }
        }
    }

    // Tries until the source has answered, be it that it refuses, for as long as a lease, so that work that is done is not done again for a store that was away for a moment.
    private async Task<bool> SettleAsync(string what, Func<SourceMessage, CancellationToken, ValueTask<bool>> settle, bool once = false)
    {
        if (Interlocked.CompareExchange(ref _state, State.Settling, State.Held) is State.Lost) return true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        var start = _consumption.Time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = new CancellationTokenSource(Consumption.Patience, _consumption.Time);
                var done = await settle(Message, limit.Token).ConfigureAwait(false);
                _consumption.Answered();
                // After a failure it may be that the first attempt had been done, and only its answer was lost.
                if (!done && attempt == 1) LogTooLate(_consumption.Logger, Message.Key, what);
                return true;
            }
            catch (Exception e) when (Consumption.IsRefusal(e))
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
                await Task.Delay(Consumption.PauseAfter(attempt), _consumption.Time, _cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(70, LogLevel.Warning, "{Key} is no longer this consumer's, for its lease is over or somebody settled it: its handler is cancelled")]
    private static partial void LogLost(ILogger logger, string key);

    [LoggerMessage(71, LogLevel.Warning, "{Key} could not be {What}: it is no longer this consumer's, and may be handled twice")]
    private static partial void LogTooLate(ILogger logger, string key, string what);

    [LoggerMessage(72, LogLevel.Error, "{Key} could not be {What}: it comes again when its lease is over")]
    private static partial void LogUnsettled(ILogger logger, Exception exception, string key, string what);

    [LoggerMessage(73, LogLevel.Error, "{Key} could not be {What}: its source refuses that, so it is not tried again, and the message comes again when its lease is over")]
    private static partial void LogRefused(ILogger logger, Exception exception, string key, string what);

    [LoggerMessage(74, LogLevel.Warning, "The source refuses to renew the lease of {Key}, which may come to somebody else when it is over")]
    private static partial void LogUnrenewed(ILogger logger, Exception exception, string key);
}
