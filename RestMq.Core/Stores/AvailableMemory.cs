namespace RestMq.Stores;

/// <summary>Tells how much memory this process may use, by its container, its settings or its machine.</summary>
internal static class AvailableMemory
{
    /// <summary>Returns a part of the memory that this process may use, in bytes.</summary>
    /// <param name="divisor">The divisor: 2 is a half.</param>
    /// <param name="least">The least part.</param>
    public static long Part(int divisor, long least) =>
        Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / divisor, least);
}
