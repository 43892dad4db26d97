namespace RestMq;

/// <summary>
/// Reports that the store could not be reached or did not answer in time. The call may or may not have taken effect.
/// The results of earlier calls are not affected. Over HTTP this is 503 with <c>Retry-After</c>.
/// </summary>
public class RestMqUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The reason, for the log and the caller.</param>
    /// <param name="inner">The exception of the store's client.</param>
    public RestMqUnavailableException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
