using System.Net;

namespace RestMq.Redis.Sentinel;

/// <summary>One sentinel's answer to who the primary is.</summary>
/// <param name="Id">The sentinel's own id, by which one sentinel under two addresses is known.</param>
/// <param name="Primary">The server that the sentinel names.</param>
/// <param name="Epoch">The configuration epoch: every failover has a higher one.</param>
/// <param name="FailingOver">Whether the sentinel conducts a failover whose new primary does not serve yet.</param>
/// <param name="Others">How many other sentinels the sentinel knows.</param>
/// <param name="AskedAt">When the sentinel was asked, on the monotonic clock: the answer is at least this new.</param>
internal sealed record SentinelAnswer(string Id, EndPoint Primary, long Epoch, bool FailingOver, int Others, long AskedAt);

/// <summary>What all sentinels together say.</summary>
internal enum Consent
{
    /// <summary>A majority names one primary: calls may go there.</summary>
    Named,

    /// <summary>A failover is under way: calls wait for its end.</summary>
    FailingOver,

    /// <summary>
    /// The process stood still, and a failover may have begun meanwhile: calls wait until the sentinels have been
    /// asked again.
    /// </summary>
    Unsure,

    /// <summary>A newer failover than the majority knows of, or no majority for any server.</summary>
    Disagree,

    /// <summary>Too few sentinels answer.</summary>
    Away,
}

/// <summary>The conclusion from all answers.</summary>
/// <param name="Consent">Whether calls may go to the primary.</param>
/// <param name="Primary">The server that a majority names; null when none does.</param>
/// <param name="Epoch">The epoch of that server's promotion.</param>
/// <param name="Until">Until when this holds, on the monotonic clock.</param>
/// <param name="GraceUntil">Until when a reply may be believed though a failover has begun: the old primary is not
/// deposed yet.</param>
/// <param name="Reason">A sentence for people: why calls may not go on.</param>
internal sealed record Verdict(Consent Consent, EndPoint? Primary, long Epoch, long Until, long GraceUntil, string Reason)
{
    /// <summary>Returns whether nothing but the time has changed.</summary>
    public bool SaysTheSameAs(Verdict other) => (Consent, Epoch) == (other.Consent, other.Epoch) && Equals(Primary, other.Primary);
}
