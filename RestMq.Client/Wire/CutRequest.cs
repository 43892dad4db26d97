namespace RestMq.Client.Wire;

/// <summary>Recognises a request that a timeout of the application has cut.</summary>
internal static class CutRequest
{
    /// <summary>
    /// Returns whether an exception is that of a timeout. Polly's is recognised by its name, because this library does not
    /// reference Polly.
    /// </summary>
    public static bool IsCut(Exception e) =>
        e is OperationCanceledException or TimeoutException || e.GetType().FullName is "Polly.Timeout.TimeoutRejectedException";
}
