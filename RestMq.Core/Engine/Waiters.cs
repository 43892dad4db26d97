namespace RestMq.Engine;

/// <summary>
/// Holds the callers that wait for one queue, in the order of their arrival. A wake-up of the store wakes one waiter. A
/// waiter that gets messages and learns that more may be ready wakes the next waiter. A waiter that was woken by
/// another waiter wakes two. So a burst of messages reaches many waiters in a few rounds, and a single message costs
/// one look.
/// </summary>
internal sealed class Waiters
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _parked = new();

    /// <summary>Gets whether any caller waits.</summary>
    public bool Any
    {
        get
        {
            lock (_lock) return _parked.Count > 0;
        }
    }

    /// <summary>
    /// Adds a waiter at the end, or at the front when its owner was woken before and found nothing.
    /// </summary>
    public void Park(Waiter waiter, bool first)
    {
        lock (_lock) waiter.Nodes.Add((this, first ? _parked.AddFirst(waiter) : _parked.AddLast(waiter)));
    }

    /// <summary>Wakes the next waiters, because a waiter got messages and more may be ready.</summary>
    /// <param name="chained">Whether another waiter had woken the waiter that got messages.</param>
    public void WakeNext(bool chained) => Wake(chained ? 2 : 1, chained: true);

    /// <summary>Wakes up to <paramref name="count"/> waiters.</summary>
    public void Wake(int count = 1, bool chained = false)
    {
        while (count > 0)
        {
            Waiter waiter;
            lock (_lock)
            {
                if (_parked.First is not { } first) return;
                waiter = first.Value;
                _parked.RemoveFirst();
            }
            // A caller that waits for several queues may have been woken by another queue.
            if (waiter.TryWake(this, chained)) count--;
        }
    }

    private void Remove(LinkedListNode<Waiter> node)
    {
        lock (_lock)
        {
            if (node.List is not null) _parked.Remove(node);
        }
    }

    /// <summary>
    /// Represents one wait of one caller, the owner, for one or several queues. The waiter is parked before its owner
    /// looks at the queues, so that no wake-up is missed after the look. Disposing the waiter removes it from all queues.
    /// A wake-up that the owner has not seen goes to the next waiter of the same queue.
    /// </summary>
    internal sealed class Waiter : IDisposable
    {
        private readonly TaskCompletionSource<(Waiters By, bool Chained)> _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isConsumed;

        /// <summary>Gets whether another waiter woke the owner.</summary>
        public bool Chained { get; private set; }

        /// <summary>Gets the list nodes by which the waiter is parked.</summary>
        public List<(Waiters Waiters, LinkedListNode<Waiter> Node)> Nodes { get; } = new(1);

        public bool TryWake(Waiters by, bool chained) => _woken.TrySetResult((by, chained));

        /// <summary>
        /// Waits for a wake-up and returns the waiters of the queue that it came from. Returns null when the time is
        /// over first.
        /// </summary>
        public async Task<Waiters?> WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
        {
            try
            {
                (var by, Chained) = await _woken.Task.WaitAsync(time, clock, cancellationToken).ConfigureAwait(false);
                _isConsumed = true;
                return by;
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            foreach (var (waiters, node) in Nodes) waiters.Remove(node);
            // TrySetCanceled decides a race with a concurrent wake-up: either no wake-up can come any more, or it has
            // come and is passed on.
            if (!_woken.TrySetCanceled() && !_isConsumed && _woken.Task.IsCompletedSuccessfully) _woken.Task.GetAwaiter().GetResult().By.Wake();
        }
    }
}
