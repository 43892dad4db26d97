namespace RestMq.Limits;

/// <summary>Counts bytes that several requests hold together, up to a limit.</summary>
/// <param name="limit">The most bytes.</param>
internal sealed class ByteBudget(long limit)
{
    private long _used;

    /// <summary>Gets the most bytes.</summary>
    public long Limit => limit;

    /// <summary>Gets the bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Takes bytes. Returns false, and takes none, when there are not as many.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit) return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Returns bytes that were taken.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
