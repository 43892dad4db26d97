namespace RestMq.Client;

/// <summary>
/// Reports that the first messages of <see cref="IRestMqClient.AddManyAsync"/> were added, and a later request failed.
/// The problem details and the status are those of the request that failed. Its cause is the inner exception.
/// </summary>
public sealed class PartialAddException : RestMqClientException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="added">The results of the messages that were added, in order.</param>
    /// <param name="inner">The failure of the request after them.</param>
    public PartialAddException(IReadOnlyList<AddResult> added, Exception inner)
        : base(
            $"All messages must be added, but only the first {added?.Count} are: {inner?.Message} "
            + "Add the rest again, or all of them with the same IdempotencyKey.",
            inner, (inner as RestMqClientException)?.Status ?? (int?)(inner as HttpRequestException)?.StatusCode ?? 0)
    {
        Added = added ?? [];
        if (inner is RestMqClientException refusal) (Type, Title, Detail, RetryAfter) = (refusal.Type, refusal.Title, refusal.Detail, refusal.RetryAfter);
    }

    /// <summary>
    /// Gets the results of the messages that were added, in order. Their number is how many of the messages the host has
    /// confirmed. The messages of the request that failed may have been added too, if its reply was lost.
    /// </summary>
    public IReadOnlyList<AddResult> Added { get; }
}
