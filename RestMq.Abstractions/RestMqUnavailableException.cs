namespace RestMq;

/// <summary>
/// The store could not be reached, or did not answer in time. What was asked may or may not have been done; nothing
/// that was answered before is lost. Over HTTP this is 503 with <c>Retry-After</c>.
/// </summary>
public class RestMqUnavailableException : Exception
{
    /// <summary>A store that is away.</summary>
    /// <param name="message">What happened, for the log and the caller.</param>
    /// <param name="inner">The store client's own exception.</param>
    public RestMqUnavailableException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
