namespace RestMq.Redis.Connections;

/// <summary>
/// Decides how long one call is sent again, with a growing pause. A slot in transit has its own time limit, because
/// nothing was executed, nothing is broken, and a queue with many messages takes seconds to move.
/// </summary>
internal struct Retries(TimeSpan limit, TimeProvider time)
{
    /// <summary>Holds how long a call waits for a slot that is on its way to another server.</summary>
    public static readonly TimeSpan SlotTransitTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _pause;

    /// <summary>Gets the pause before the next attempt. Returns false when there is no further attempt.</summary>
    public bool TryNext(RetryReason reason, out TimeSpan pause)
    {
        pause = _pause = _pause == TimeSpan.Zero ? FirstPause : _pause < LongestPause ? _pause * 2 : LongestPause;
        if (reason is RetryReason.None) return false;
        var longest = reason is RetryReason.SlotInTransit && SlotTransitTimeout > limit ? SlotTransitTimeout : limit;
        return time.GetElapsedTime(_start) + pause < longest;
    }
}
