namespace RestMq.Wire;

/// <summary>Holds the default limits of a request, which the client keeps and a host enforces.</summary>
internal static class RequestDefaults
{
    /// <summary>The most messages of one request.</summary>
    public const int MaxBatch = 1000;

    /// <summary>The most bytes of one request that adds several messages.</summary>
    public const int MaxBatchBytes = 16 * 1024 * 1024;
}
