namespace RestMq;

/// <summary>
/// Reports that the store refused a call, because the user of the host lacks a right there, such as a right of a Redis
/// ACL. The call changed nothing that the next call does not find. Over HTTP this is 503 with the type
/// <see cref="ProblemTypes.StoreRefused"/>.
/// </summary>
public sealed class RestMqStoreRefusedException : RestMqUnavailableException
{
    private const string ForAll = "The message store refused the call, because this host lacks a right there. Its administrator finds the right in readiness and in the log.";

    /// <summary>Creates the exception.</summary>
    /// <param name="details">The missing rights, and how to give them.</param>
    /// <param name="inner">The exception of the store's client.</param>
    public RestMqStoreRefusedException(string details, Exception? inner = null) : base(ForAll, inner) => Details = details;

    /// <summary>
    /// Gets the missing rights, and how to give them. They describe the inside of the system, so show them only to
    /// callers that may administer. The message of the exception is for everybody.
    /// </summary>
    public string Details { get; }
}
