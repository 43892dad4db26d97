namespace RestMq.Engine;

/// <summary>
/// Gathers concurrent calls and sends them as one: while a call is under way, the next ones wait, and go together when it returns. There is
/// no timer, so a lone call waits for nothing; under load the cost of a round trip is shared by all that came during the one before.
/// </summary>
/// <param name="send">Does a batch and gives a result for each item, in order; its exception goes to every caller of the batch.</param>
/// <param name="weigh">An item's weight.</param>
/// <param name="maxWeight">A batch's weight at most, unless one item alone is heavier: it bounds how long the store is held.</param>
/// <param name="gather">False to let every call go by itself: where a call costs no round trip there is nothing to share.</param>
internal sealed class GroupCommit<TItem, TResult>(
    Func<IReadOnlyList<TItem>, ValueTask<TResult[]>> send, Func<TItem, long> weigh, long maxWeight, bool gather = true)
{
    private const int Hops = 3;

    private readonly Lock _lock = new();
    private readonly Queue<Call> _waiting = new();
    private TaskCompletionSource? _drained;
    private bool _busy;

    public ValueTask<TResult> SendAsync(TItem item) => SendAsync(item, static result => result);

    /// <param name="item">What is to be done.</param>
    /// <param name="select">What of the result is wanted. It runs before the other calls of the batch have theirs, so it is short.</param>
    public ValueTask<TWanted> SendAsync<TWanted>(TItem item, Func<TResult, TWanted> select)
    {
        if (!gather) return SendAloneAsync(item, select);
        lock (_lock)
        {
            if (_busy)
            {
                var call = new Call<TWanted>(item, select);
                _waiting.Enqueue(call);
                return new(call.Task);
            }
            _busy = true;
        }
        return SendFirstAsync(item, select);
    }

    /// <summary>Completes when no call is under way.</summary>
    public Task DrainedAsync()
    {
        lock (_lock)
        {
            if (!_busy) return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private async ValueTask<TWanted> SendAloneAsync<TWanted>(TItem item, Func<TResult, TWanted> select) =>
        select((await send([item]).ConfigureAwait(false))[0]);

    private async ValueTask<TWanted> SendFirstAsync<TWanted>(TItem item, Func<TResult, TWanted> select)
    {
        try
        {
            return select((await send([item]).ConfigureAwait(false))[0]);
        }
        catch (RestMqUnavailableException e)
        {
            FailWaiting(e);
            throw;
        }
        finally
        {
            // On another thread: the first caller has its result, and must not work off the others' calls.
            if (NextBatch() is { } batch) ThreadPool.UnsafeQueueUserWorkItem(static b => _ = b.Commit.DrainAsync(b.Batch), (Commit: this, Batch: batch), preferLocal: false);
        }
    }

    private async Task DrainAsync(Call[] batch)
    {
        for (var next = batch; next is not null; next = NextBatch())
        {
            try
            {
                var results = await send(Array.ConvertAll(next, static call => call.Item)).ConfigureAwait(false);
                for (var i = 0; i < next.Length; i++) next[i].Done(results[i]);
                // Behind what is waiting to run, as often as an answer passes the pool on its way out and the next request on its way in: so those who
                // have just been answered come along. Where nothing waits to run this is no wait.
                for (var i = 0; i < Hops; i++) await Task.Yield();
            }
            catch (Exception e)
            {
                foreach (var call in next) call.Failed(e);
                if (e is RestMqUnavailableException away) FailWaiting(away);
            }
        }
    }

    // Those who have waited behind a call that the store did not answer are told so too, rather than waiting as long again; nothing was done
    // for them.
    private void FailWaiting(RestMqUnavailableException away)
    {
        Call[] waiting;
        lock (_lock)
        {
            waiting = [.. _waiting];
            _waiting.Clear();
        }
        foreach (var call in waiting) call.Failed(away);
    }

    private Call[]? NextBatch()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _busy = false;
                _drained?.TrySetResult();
                return null;
            }
            var batch = new List<Call>(_waiting.Count);
            for (long weight = 0; _waiting.TryPeek(out var call);)
            {
                weight += weigh(call.Item);
                if (batch.Count > 0 && weight > maxWeight) break;
                batch.Add(_waiting.Dequeue());
            }
            return [.. batch];
        }
    }

    private abstract class Call(TItem item)
    {
        public TItem Item => item;

        public abstract void Done(TResult result);

        public abstract void Failed(Exception failure);
    }

    private sealed class Call<TWanted>(TItem item, Func<TResult, TWanted> select) : Call(item)
    {
        private readonly TaskCompletionSource<TWanted> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TWanted> Task => _source.Task;

        public override void Done(TResult result) => _source.SetResult(select(result));

        // Some of its batch may be done when another fails.
        public override void Failed(Exception failure) => _source.TrySetException(failure);
    }
}
