namespace RestMq;

/// <summary>
/// Reports that too few replicas confirmed an add of <see cref="Durability.Replicated"/> in time, or that the result is
/// not known. The message may exist and be delivered, so a second add without <see cref="NewMessage.IdempotencyKey"/>
/// may create a second message. A second add with the idempotency key of the first adds nothing new and waits for the
/// replicas again. Over HTTP this is 503 with <c>Retry-After</c>.
/// </summary>
public sealed class RestMqNotReplicatedException : RestMqUnavailableException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The reason, for the log and the caller.</param>
    /// <param name="inner">The failure of the store's client, or the cancellation that ended the wait.</param>
    public RestMqNotReplicatedException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
