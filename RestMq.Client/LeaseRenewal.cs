namespace RestMq.Client;

/// <summary>
/// Extends the lease of one message until it is disposed. Disposing it does not settle the message, whose lease then
/// ends by itself. A message that is settled is not extended any more.
/// </summary>
public sealed class LeaseRenewal : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _running;
    private int _disposals;

    /// <param name="extend">Extends the lease. Returns false when the receipt is stale.</param>
    /// <param name="isSettled">Returns whether the message is settled.</param>
    /// <param name="isSettling">Returns whether a settlement is under way.</param>
    /// <param name="isHeld">Whether the message belongs to the consumer now.</param>
    /// <param name="lease">The length of each lease.</param>
    /// <param name="start">When the last extension was sent.</param>
    /// <param name="time">The clock.</param>
    internal LeaseRenewal(
        Func<CancellationToken, Task<bool>> extend, Func<bool> isSettled, Func<bool> isSettling, bool isHeld, TimeSpan lease, long start, TimeProvider time)
    {
        Lost = _lost.Token;
        if (!isHeld && !isSettled()) _lost.Cancel();
        _running = isHeld ? RunAsync(extend, isSettled, isSettling, lease, start, time) : Task.CompletedTask;
    }

    /// <summary>
    /// Gets the token that is cancelled when the message no longer belongs to this consumer: the host says so, or the
    /// lease is over and no extension reached the host. Another consumer may then have the message, so the work should
    /// end. An ack would return false.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>
    /// Gets the failure of the last extension, which is why the lease could not be held. Null when extensions succeed,
    /// and when the host answered that the receipt is stale.
    /// </summary>
    public Exception? Failure { get; private set; }

    /// <summary>Ends the renewal. Later calls wait for the end too, and change nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            await _running.ConfigureAwait(false);
            return;
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task RunAsync(
        Func<CancellationToken, Task<bool>> extend, Func<bool> isSettled, Func<bool> isSettling, TimeSpan lease, long start, TimeProvider time)
    {
        var (wait, pause) = (lease / 2, FirstPause);
        try
        {
            while (true)
            {
                await Task.Delay(wait, time, _stop.Token).ConfigureAwait(false);
                if (isSettled()) return;
                var asked = time.GetTimestamp();
                try
                {
                    // A host that does not answer must not hide the end of the lease.
                    using var end = new CancellationTokenSource(Left(), time);
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(end.Token, _stop.Token);
                    if (await extend(limit.Token).ConfigureAwait(false))
                    {
                        (Failure, start, wait, pause) = (null, asked, lease / 2, FirstPause);
                        continue;
                    }
                    // A settlement of this consumer makes its receipt stale too.
                    if (!isSettled() && !isSettling()) break;
                    wait = FirstPause;
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    Failure = e;
                    if (time.GetElapsedTime(start) >= lease) break;
                    wait = pause < Left() ? pause : Left();
                    pause *= 2;
                }
            }
            if (!isSettled()) await _lost.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The renewal is disposed.
        }

        TimeSpan Left() => lease - time.GetElapsedTime(start) is { Ticks: > 0 } left ? left : TimeSpan.FromMilliseconds(1);
    }
}
