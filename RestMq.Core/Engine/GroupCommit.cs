namespace RestMq.Engine;

/// <summary>
/// Sends concurrent calls to the store as one batch. While a batch is under way, new calls wait. They form the next
/// batch when the current one returns. There is no timer, so a single call is sent at once. Under load, the calls that
/// arrived during one round trip share the next round trip.
/// </summary>
/// <param name="send">Sends a batch and returns a result for each item, in order. Its exception goes to every caller of
/// the batch.</param>
/// <param name="weigh">Returns the weight of an item.</param>
/// <param name="maxWeight">The maximum weight of a batch, which limits how long one call occupies the store. A single
/// item may be heavier.</param>
/// <param name="gather">Whether to form batches. False sends each call by itself, for a store without round
/// trips.</param>
internal sealed class GroupCommit<TItem, TResult>(
    Func<IReadOnlyList<TItem>, ValueTask<TResult[]>> send, Func<TItem, long> weigh, long maxWeight, bool gather = true)
{
    private const int Hops = 3;

    private readonly Lock _lock = new();
    private readonly Queue<Call> _waiting = new();
    private TaskCompletionSource? _drained;
    private bool _busy;

    public ValueTask<TResult> SendAsync(TItem item) => SendAsync(item, static result => result);

    /// <param name="item">The item to send.</param>
    /// <param name="select">Selects a part of the result. It must be fast, because it runs before the other calls of
    /// the batch get their results.</param>
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

    /// <summary>Returns a task that completes when no call is under way.</summary>
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
            // The first caller has its result and must not wait for the batches of other callers.
            if (NextBatch() is { } batch)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static b => _ = b.Commit.DrainAsync(b.Batch), (Commit: this, Batch: batch), preferLocal: false);
            }
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
                // Lets the callers that were just answered join the next batch. On the way from an answer to the
                // caller's next request, work is queued to the thread pool about `Hops` times. Each yield runs behind
                // the work that is already queued there. With nothing queued, the yields take no time.
                for (var i = 0; i < Hops; i++) await Task.Yield();
            }
            catch (Exception e)
            {
                foreach (var call in next) call.Failed(e);
                if (e is RestMqUnavailableException away) FailWaiting(away);
            }
        }
    }

    // Fails the calls that waited behind a batch that the store did not answer. Otherwise each would wait for another
    // timeout. Nothing was sent for these calls.
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

        // TrySet: calls of the batch that have their results keep them when a later call of the batch fails.
        public override void Failed(Exception failure) => _source.TrySetException(failure);
    }
}
