using System.Net;

namespace RestMq.Redis.Sentinel;

/// <summary>Holds one sentinel's answer to the question which server is the primary.</summary>
/// <param name="Id">The sentinel's own id. It shows that two addresses lead to the same sentinel.</param>
/// <param name="Primary">The server that the sentinel names.</param>
/// <param name="Epoch">The configuration epoch. Every failover has a higher epoch.</param>
/// <param name="FailingOver">Whether the sentinel conducts a failover whose new primary does not serve yet.</param>
/// <param name="Others">How many other sentinels the sentinel knows.</param>
/// <param name="AskedAt">When the sentinel was asked, on the monotonic clock. The answer is at least this new.</param>
internal sealed record SentinelAnswer(string Id, EndPoint Primary, long Epoch, bool FailingOver, int Others, long AskedAt);

/// <summary>Tells what all sentinels together say.</summary>
internal enum Consent
{
    /// <summary>A majority names one primary. Calls may go there.</summary>
    Named,

    /// <summary>A failover is under way. Calls wait for its end.</summary>
    FailingOver,

    /// <summary>
    /// The process stood still, and a failover may have begun meanwhile. Calls wait until the sentinels have been asked
    /// again.
    /// </summary>
    Unsure,

    /// <summary>A sentinel knows of a newer failover than the majority, or no server has a majority.</summary>
    Disagree,

    /// <summary>Too few sentinels answer.</summary>
    Unavailable,
}

/// <summary>Holds the conclusion from all answers.</summary>
/// <param name="Consent">Whether calls may go to the primary.</param>
/// <param name="Primary">The server that a majority names; null when none does.</param>
/// <param name="Epoch">The epoch of that server's promotion.</param>
/// <param name="Until">Until when the verdict holds, on the monotonic clock.</param>
/// <param name="GraceUntil">Until when a reply counts although a failover has begun, because the old primary is not
/// deposed yet.</param>
/// <param name="Reason">A sentence that says why calls may not go on.</param>
internal sealed record Verdict(Consent Consent, EndPoint? Primary, long Epoch, long Until, long GraceUntil, string Reason)
{
    /// <summary>Returns whether consent, epoch and primary are the same.</summary>
    public bool SaysTheSameAs(Verdict other) => (Consent, Epoch) == (other.Consent, other.Epoch) && Equals(Primary, other.Primary);
}
