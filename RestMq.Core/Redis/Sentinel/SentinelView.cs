using System.Net;
using RestMq.Redis.Connections;

namespace RestMq.Redis.Sentinel;

/// <summary>
/// Concludes from the sentinels' answers where calls may go. A server is trusted as long as a majority has named it
/// within <see cref="Trust"/>. So a host that is cut off from the sentinels stops before a failover on their side can
/// lose much. All times are of the monotonic clock.
/// </summary>
internal sealed class SentinelView(TimeProvider time, int configured)
{
    /// <summary>Holds how long an answer counts.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    /// <summary>Holds the age above which a verdict shows that this process stood still.</summary>
    public static readonly TimeSpan Standstill = TimeSpan.FromMilliseconds(600);

    /// <summary>
    /// Holds how long replies count after the announcement of a failover. Sentinel announces a failover at least two of
    /// its timer's ticks (of 50 to 100 ms) before it deposes the old primary. So a reply within this time has been
    /// replicated.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly Dictionary<object, State> _sentinels = [];
    private long _resumedAt = long.MinValue;
    private long _graceUntil = long.MinValue;
    private Verdict _verdict = new(Consent.Unavailable, null, 0, long.MinValue, long.MinValue, "no sentinel has answered yet.");

    /// <summary>Gets the last conclusion. Its time may be over.</summary>
    public Verdict Verdict => Volatile.Read(ref _verdict);

    /// <summary>Returns whether calls may go to this server now.</summary>
    public bool Trusts(EndPoint primary, long epoch)
    {
        var verdict = Verdict;
        return verdict.Consent is Consent.Named && verdict.Epoch == epoch && primary.Equals(verdict.Primary)
            && time.GetTimestamp() < verdict.Until;
    }

    /// <summary>Adds the answer of a sentinel.</summary>
    public void Answered(object sentinel, SentinelAnswer answer) =>
        Change(sentinel, state => state with { Answer = answer, Id = answer.Id, IsAway = false, Why = "" });

    /// <summary>Notes that a sentinel did not answer. Its earlier answer counts until its time is over.</summary>
    /// <param name="sentinel">The sentinel.</param>
    /// <param name="why">The address of the sentinel, and the reason.</param>
    public void Missed(object sentinel, string why) => Change(sentinel, state => state with { IsAway = true, Why = why });

    /// <summary>Notes that a sentinel has announced a failover.</summary>
    public void Announced(object sentinel)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            // The age of an announcement is not known when it comes after a standstill or late in a failover.
            if (_verdict.Consent is Consent.Named && now < _verdict.Until) _graceUntil = now + Ticks(Grace);
        }
        Change(sentinel, state => state with { AnnouncedAt = now });
    }

    /// <summary>Forgets a sentinel that no longer exists.</summary>
    public void Removed(object sentinel)
    {
        lock (_lock)
        {
            _sentinels.Remove(sentinel);
            Conclude();
        }
    }

    private void Change(object sentinel, Func<State, State> change)
    {
        lock (_lock)
        {
            _sentinels[sentinel] = change(_sentinels.GetValueOrDefault(sentinel, State.Unknown));
            Conclude();
        }
    }

    private void Conclude()
    {
        var now = time.GetTimestamp();
        if (now >= _verdict.Until && _verdict.Until != long.MinValue) _resumedAt = now;
        Volatile.Write(ref _verdict, Conclude(now));
    }

    private Verdict Conclude(long now)
    {
        var known = _sentinels.Values.Where(state => state.Id is not null).GroupBy(state => state.Id).Select(Newest).ToArray();
        var answers = known.Where(state => IsFresh(state, now)).Select(state => state.Answer!).ToArray();
        var neverSeen = Math.Max(0, configured - _sentinels.Values.Count(state => state.Id is not null));
        var total = Math.Max(known.Length + neverSeen, answers.Select(answer => answer.Others + 1).DefaultIfEmpty(configured).Max());
        var majority = (total / 2) + 1;
        var limit = now + Ticks(Standstill);
        if (answers.Length < majority)
        {
            var reasons = _sentinels.Values.Select(state => state.Why).Where(text => text.Length > 0).Order();
            var why = string.Join("; ", reasons) is { Length: > 0 } text ? $" ({text})" : "";
            return Stop(Consent.Unavailable, null, 0, $"{answers.Length} of {total} sentinels answer, and {majority} must name the primary{why}.");
        }

        var named = answers.GroupBy(answer => answer.Primary).OrderByDescending(group => group.Count()).First().ToArray();
        var (primary, epoch) = (named[0].Primary, named.Max(answer => answer.Epoch));
        if (named.Length < majority || answers.Any(answer => !answer.Primary.Equals(primary) && answer.Epoch > epoch))
        {
            var names = string.Join(" and ", answers.Select(answer => RedisSettings.NameOf(answer.Primary)).Distinct().Order());
            return Stop(Consent.Disagree, null, 0, $"the sentinels do not agree on the primary: they name {names}.");
        }
        if (_sentinels.Values.Any(state => AnnouncesFailover(state, now)))
            return Stop(Consent.FailingOver, primary, epoch, $"a failover from {RedisSettings.NameOf(primary)} is under way.");
        // Only the sentinel that conducts a failover knows of its beginning. So each sentinel that answers must have
        // been asked since the standstill.
        if (known.Any(state => !state.IsAway && state.Answer!.AskedAt < _resumedAt))
            return Stop(Consent.Unsure, primary, epoch, "the sentinels are asked again after this process stood still.");

        var oldest = named.Select(answer => answer.AskedAt).OrderDescending().ElementAt(majority - 1);
        return new Verdict(Consent.Named, primary, epoch, Math.Min(limit, oldest + Ticks(Trust)), _graceUntil, "");

        Verdict Stop(Consent consent, EndPoint? primary, long epoch, string reason) =>
            new(consent, primary, epoch, limit, _graceUntil, reason);
    }

    private bool IsFresh(State state, long now) => state.Answer is { } answer && now - answer.AskedAt < Ticks(Trust);

    // An announcement holds until the sentinel answers a later question and reports no failover any more.
    private bool AnnouncesFailover(State state, long now)
    {
        var answeredSince = state.Answer is { } answer && answer.AskedAt > state.AnnouncedAt;
        if (state.AnnouncedAt is { } announced && now - announced < Ticks(Trust) && !answeredSince) return true;
        return IsFresh(state, now) && state.Answer!.FailingOver;
    }

    // A sentinel that is configured under two addresses has one vote.
    private static State Newest(IEnumerable<State> states) => states.MaxBy(state => state.Answer!.AskedAt)!;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed record State(string? Id, SentinelAnswer? Answer, long? AnnouncedAt, bool IsAway, string Why)
    {
        public static readonly State Unknown = new(null, null, null, true, "");
    }
}
