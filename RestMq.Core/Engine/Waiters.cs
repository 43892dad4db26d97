namespace RestMq.Engine;

/// <summary>
/// Those who wait for one queue, first come first. A wake-up of the store wakes one waiter. A waiter that takes
/// something, and is told that more may be ready, wakes the next: one, and from then on two each, so a burst reaches
/// all it can in a few rounds, and a lone message costs one look.
/// </summary>
internal sealed class Waiters
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Turn> _parked = new();

    /// <summary>Whether anybody waits.</summary>
    public bool Any
    {
        get
        {
            lock (_lock) return _parked.Count > 0;
        }
    }

    /// <summary>
    /// Parks a turn: behind the others, or before them when its owner was parked already and found nothing.
    /// </summary>
    public void Park(Turn turn, bool first)
    {
        lock (_lock) turn.Places.Add((this, first ? _parked.AddFirst(turn) : _parked.AddLast(turn)));
    }

    /// <summary>Wakes the next waiters, because one took something and more may be ready.</summary>
    /// <param name="chained">Whether the one that took something was itself woken so.</param>
    public void WakeNext(bool chained) => Wake(chained ? 2 : 1, chained: true);

    /// <summary>Wakes up to so many waiters.</summary>
    public void Wake(int count = 1, bool chained = false)
    {
        while (count > 0)
        {
            Turn turn;
            lock (_lock)
            {
                if (_parked.First is not { } first) return;
                turn = first.Value;
                _parked.RemoveFirst();
            }
            // Someone who waits for several queues may have been woken by another.
            if (turn.TryWake(this, chained)) count--;
        }
    }

    private void Remove(LinkedListNode<Turn> node)
    {
        lock (_lock)
        {
            if (node.List is not null) _parked.Remove(node);
        }
    }

    /// <summary>
    /// One wait, of one caller, for one or several queues. It is armed before its owner looks, so that nothing is
    /// missed in between. Disposed, it leaves every place, and a wake-up that its owner has not been told of goes to
    /// the next one there.
    /// </summary>
    internal sealed class Turn : IDisposable
    {
        private readonly TaskCompletionSource<(Waiters By, bool Chained)> _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _told;

        /// <summary>Whether its owner was woken by another waiter.</summary>
        public bool Chained { get; private set; }

        /// <summary>Where it is parked.</summary>
        public List<(Waiters Waiters, LinkedListNode<Turn> Node)> Places { get; } = new(1);

        public bool TryWake(Waiters by, bool chained) => _woken.TrySetResult((by, chained));

        /// <summary>Waits to be woken, and tells by which queue's waiters; null when the time is over first.</summary>
        public async Task<Waiters?> WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
        {
            try
            {
                (var by, Chained) = await _woken.Task.WaitAsync(time, clock, cancellationToken).ConfigureAwait(false);
                _told = true;
                return by;
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            foreach (var (waiters, node) in Places) waiters.Remove(node);
            // Closing it first decides a race with a wake-up that is just coming.
            if (!_woken.TrySetCanceled() && !_told && _woken.Task.IsCompletedSuccessfully) _woken.Task.GetAwaiter().GetResult().By.Wake();
        }
    }
}
