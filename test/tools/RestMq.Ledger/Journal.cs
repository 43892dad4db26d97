using System.Diagnostics;

namespace RestMq.Ledger;

/// <summary>Records which adds were acknowledged and which messages consumers received.</summary>
internal sealed class Journal : IOutcomes
{
    private readonly Lock _lock = new();
    private readonly HashSet<Entry> _acknowledged = [];
    private readonly List<Page> _pages = [];
    private int _inDoubt;
    private long _delivered;
    private readonly Dictionary<long, List<Entry>> _named = [];
    private readonly Stopwatch _clock = new();
    private TimeSpan? _lastAdd;
    private TimeSpan _silence;
    private int _wronglyAcked;

    /// <summary>Gets the number of messages that consumers have received, duplicates included.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Gets the number of acknowledged adds.</summary>
    public int Added
    {
        get
        {
            lock (_lock) return _acknowledged.Count;
        }
    }

    public void Sending(Entry entry)
    {
        // Only the outcome of an add is recorded.
    }

    public void Acknowledged(Entry entry, long id)
    {
        lock (_lock)
        {
            _acknowledged.Add(entry);
            Name(id, entry);
            EndSilence();
        }
    }

    /// <summary>Starts to measure the time between acknowledged adds.</summary>
    public void BeginAdds()
    {
        lock (_lock) _clock.Start();
    }

    /// <summary>Ends the measurement of the time between acknowledged adds.</summary>
    public void EndAdds()
    {
        lock (_lock)
        {
            if (_lastAdd is not null) EndSilence();
            _clock.Stop();
        }
    }

    /// <summary>
    /// Records that an old receipt of <paramref name="entry"/> settled the message of this number. The delivery of that
    /// receipt had been settled long before.
    /// </summary>
    public void AckedByOldReceipt(Entry entry, long id)
    {
        // A failover can lose an ack and deliver the message again. Its old receipt then rightly settles it. After a
        // failover the number can also name another message, which the old receipt must not settle.
        lock (_lock)
        {
            if (_named.TryGetValue(id, out var entries) && entries.Any(other => other != entry)) _wronglyAcked++;
        }
    }

    public void InDoubt(Entry entry) => Interlocked.Increment(ref _inDoubt);

    /// <summary>Adds a page for one consumer. A consumer that reconnects keeps its page.</summary>
    public Page NewPage()
    {
        lock (_lock)
        {
            var page = new Page(this);
            _pages.Add(page);
            return page;
        }
    }

    /// <summary>Computes the sums. All producers and consumers must have ended.</summary>
    /// <param name="everyone">Whether each consumer must have received every message. Otherwise all consumers together
    /// must have received every message.</param>
    public Tally Close(bool everyone = false)
    {
        lock (_lock)
        {
            var groups = everyone ? _pages.Select(page => page.Lines.ToList()).ToList() : [[.. _pages.SelectMany(page => page.Lines)]];
            var seen = groups.ConvertAll(group => group.Select(line => line.Entry).ToHashSet());
            return new Tally(
                _acknowledged.Count,
                _inDoubt,
                groups.Sum(group => group.Count),
                groups.Zip(seen, (group, distinct) => group.Count - distinct.Count).Sum(),
                seen.Sum(distinct => _acknowledged.Count(entry => !distinct.Contains(entry))),
                _pages.Sum(Reordered),
                _pages.SelectMany(page => page.Lines).GroupBy(line => line.Entry).Count(lines => lines.Select(line => line.Id).Distinct().Skip(1).Any()),
                _wronglyAcked,
                (int)_silence.TotalMilliseconds);
        }
    }

    /// <summary>Returns the number of deliveries that went back to the queue before the message was received.</summary>
    public int GivenBack()
    {
        lock (_lock)
        {
            var lines = _pages.SelectMany(page => page.Lines).ToList();
            // The last delivery count of a message is the number of its deliveries. The deliveries that were received
            // whole did not go back.
            return lines.GroupBy(line => line.Entry).Sum(seen => seen.Max(line => line.Count)) - lines.Count;
        }
    }

    private void Name(long id, Entry entry)
    {
        if (!_named.TryGetValue(id, out var entries)) _named[id] = [entry];
        else if (!entries.Contains(entry)) entries.Add(entry);
    }

    private void EndSilence()
    {
        if (!_clock.IsRunning) return;
        var now = _clock.Elapsed;
        // The time before the first acknowledged add is not counted, because the hosts are still starting.
        if (_lastAdd is { } last && now - last > _silence) _silence = now - last;
        _lastAdd = now;
    }

    // Counts first deliveries that a consumer received after a later message of the same producer. Messages in doubt
    // are skipped, because they may have been added at any time.
    private int Reordered(Page page)
    {
        var latest = new Dictionary<int, int>();
        var reordered = 0;
        foreach (var (entry, _, count) in page.Lines)
        {
            if (count > 1 || !_acknowledged.Contains(entry)) continue;
            if (latest.TryGetValue(entry.Producer, out var last) && entry.Number < last) reordered++;
            else latest[entry.Producer] = entry.Number;
        }
        return reordered;
    }

    /// <summary>Holds the messages that one consumer received, in order. A page is not thread-safe.</summary>
    internal sealed class Page(Journal journal)
    {
        public List<ReceivedMessage> Lines { get; } = [];

        public void Note(ReceivedMessage message)
        {
            Lines.Add(message);
            lock (journal._lock) journal.Name(message.Id, message.Entry);
            Interlocked.Increment(ref journal._delivered);
        }
    }
}

/// <summary>Holds the sums of a journal.</summary>
/// <param name="Acknowledged">Messages whose add was answered with 2xx.</param>
/// <param name="InDoubt">Messages whose add got no reply or 503, and was not sent again.</param>
/// <param name="Delivered">Messages that consumers received whole. Each delivery counts.</param>
/// <param name="Duplicated">Deliveries of messages that had been received before.</param>
/// <param name="Lost">Acknowledged messages that were never received.</param>
/// <param name="Reordered">Messages that a consumer received after a later message of the same producer. Redelivered
/// messages and messages in doubt do not count.</param>
/// <param name="AddedTwice">Messages that were received under two keys.</param>
/// <param name="WronglyAcked">Old receipts that settled a message other than their own.</param>
/// <param name="Silence">The longest time without an acknowledged add, in milliseconds.</param>
internal sealed record Tally(
    int Acknowledged, int InDoubt, int Delivered, int Duplicated, int Lost, int Reordered, int AddedTwice, int WronglyAcked = 0, int Silence = 0);
