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

    /// <summary>
    /// Adds a waiter at the front again if a wake-up removed it. Returns whether it was removed. The owner must then look
    /// at the queue, because the wake-up may have told it alone.
    /// </summary>
    /// <param name="waiter">The waiter.</param>
    /// <param name="index">The index of its node in <see cref="Waiter.Nodes"/>.</param>
    public bool ParkAgain(Waiter waiter, int index)
    {
        var node = waiter.Nodes[index].Node;
        lock (_lock)
        {
            if (node.List is not null) return false;
            _parked.AddFirst(node);
            return true;
        }
    }

    /// <summary>Wakes the next waiters, because a waiter got messages and more may be ready.</summary>
    /// <param name="chained">Whether another waiter had woken the waiter that got messages.</param>
    public void WakeNext(bool chained) => Wake(chained ? 2 : 1, chained: true);

    /// <summary>Wakes one waiter for the slow poll. The waiter looks at this queue only.</summary>
    public void Poll() => Wake(1, chained: false, isPoll: true);

    /// <summary>Wakes up to <paramref name="count"/> waiters.</summary>
    public void Wake(int count = 1, bool chained = false) => Wake(count, chained, isPoll: false);

    private void Wake(int count, bool chained, bool isPoll)
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
            if (waiter.TryWake(new WakeUp(this, chained, isPoll))) count--;
        }
    }

    private void Remove(LinkedListNode<Waiter> node)
    {
        lock (_lock)
        {
            if (node.List is not null) _parked.Remove(node);
        }
    }

    /// <summary>Represents a wake-up of one waiter.</summary>
    /// <param name="By">The waiters of the queue that it came from.</param>
    /// <param name="Chained">Whether another waiter sent it.</param>
    /// <param name="IsPoll">Whether it is the slow poll of its queue, so that the owner looks at no other queue.</param>
    internal readonly record struct WakeUp(Waiters By, bool Chained, bool IsPoll);

    /// <summary>
    /// Represents one wait of one caller, the owner, for one or several queues. The waiter is parked before its owner
    /// looks at the queues, so that no wake-up is missed after the look. Disposing the waiter removes it from all queues.
    /// A wake-up that the owner has not seen goes to the next waiter of the same queue.
    /// </summary>
    internal sealed class Waiter : IDisposable
    {
        private volatile TaskCompletionSource<WakeUp> _woken = NewSource();
        private bool _isConsumed;

        /// <summary>Gets whether another waiter woke the owner.</summary>
        public bool Chained { get; private set; }

        /// <summary>Gets whether the slow poll of one queue woke the owner.</summary>
        public bool IsPoll { get; private set; }

        /// <summary>Gets the list nodes by which the waiter is parked.</summary>
        public List<(Waiters Waiters, LinkedListNode<Waiter> Node)> Nodes { get; } = new(1);

        public bool TryWake(WakeUp wakeUp) => _woken.TrySetResult(wakeUp);

        /// <summary>
        /// Lets the waiter be woken again, after <see cref="WaitAsync"/> has returned a wake-up. The owner then parks it
        /// again (<see cref="ParkAgain"/>) in each queue that removed it, and looks at those queues. In the other queues
        /// it has stayed parked.
        /// </summary>
        public void Rearm()
        {
            _isConsumed = false;
            _woken = NewSource();
        }

        /// <summary>
        /// Waits for a wake-up and returns the waiters of the queue that it came from. Returns null when the time is
        /// over first.
        /// </summary>
        public async Task<Waiters?> WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
        {
            try
            {
                (var by, Chained, IsPoll) = await _woken.Task.WaitAsync(time, clock, cancellationToken).ConfigureAwait(false);
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

        private static TaskCompletionSource<WakeUp> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
