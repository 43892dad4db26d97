using System.Diagnostics;

namespace RestMq.Ledger;

/// <summary>What producers were told, and what consumers got.</summary>
internal sealed class Book : IOutcomes
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

    /// <summary>How many messages consumers have got.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>How many adds have been acknowledged.</summary>
    public int Added
    {
        get
        {
            lock (_lock) return _acknowledged.Count;
        }
    }

    public void Sending(Entry entry)
    {
        // What came of it is noted when it is known.
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

    /// <summary>From now on there should be acknowledged adds without a pause.</summary>
    public void BeginAdds()
    {
        lock (_lock) _clock.Start();
    }

    /// <summary>From now on there need be none.</summary>
    public void EndAdds()
    {
        lock (_lock)
        {
            if (_lastAdd is not null) EndSilence();
            _clock.Stop();
        }
    }

    /// <summary>
    /// A receipt of an earlier delivery of <paramref name="entry"/> settled the message of this number, though it was
    /// settled long ago.
    /// </summary>
    public void AckedByOldReceipt(Entry entry, long id)
    {
        // The same message again, whose ack was lost with a server, is rightly acked. Another one under its number is
        // not.
        lock (_lock)
        {
            if (_named.TryGetValue(id, out var entries) && entries.Any(other => other != entry)) _wronglyAcked++;
        }
    }

    public void InDoubt(Entry entry) => Interlocked.Increment(ref _inDoubt);

    /// <summary>A page for one consumer, who is one for as long as it goes on reading.</summary>
    public Page NewPage()
    {
        lock (_lock)
        {
            var page = new Page(this);
            _pages.Add(page);
            return page;
        }
    }

    /// <summary>Reckons up, when all have ended.</summary>
    /// <param name="everyone">Whether each consumer should have got every message, rather than all of them
    /// together.</param>
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

    /// <summary>How many hand-outs of messages that came in the end had been given back before.</summary>
    public int GivenBack()
    {
        lock (_lock)
        {
            var lines = _pages.SelectMany(page => page.Lines).ToList();
            // Each came so often as its last hand-out says; those that came whole were not given back.
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
        // Before the first one hosts were still warming up.
        if (_lastAdd is { } last && now - last > _silence) _silence = now - last;
        _lastAdd = now;
    }

    // First hand-outs of messages of one producer that one consumer got after a later one. Those in doubt may have been
    // added whenever.
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

    /// <summary>What one consumer got, in order. Not for several threads at once.</summary>
    internal sealed class Page(Book book)
    {
        public List<Sighting> Lines { get; } = [];

        public void Note(Sighting sighting)
        {
            Lines.Add(sighting);
            lock (book._lock) book.Name(sighting.Id, sighting.Entry);
            Interlocked.Increment(ref book._delivered);
        }
    }
}

/// <summary>The sums of a book.</summary>
/// <param name="Acknowledged">Messages whose add was answered 2xx.</param>
/// <param name="InDoubt">Messages whose add was answered by nothing or by 503, and was not tried again.</param>
/// <param name="Delivered">Messages that consumers got whole, each time they did.</param>
/// <param name="Duplicated">Those of them that had been got before.</param>
/// <param name="Lost">Acknowledged, and never got.</param>
/// <param name="Reordered">Got after a later one of the same producer by the same consumer, redelivered ones and those
/// in doubt apart.</param>
/// <param name="AddedTwice">Messages that came under two keys.</param>
/// <param name="WronglyAcked">Old receipts that settled another message than their own.</param>
/// <param name="Silence">The longest time without any acknowledged add, in milliseconds.</param>
internal sealed record Tally(
    int Acknowledged, int InDoubt, int Delivered, int Duplicated, int Lost, int Reordered, int AddedTwice, int WronglyAcked = 0, int Silence = 0);
