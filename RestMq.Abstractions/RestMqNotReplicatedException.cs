namespace RestMq;

/// <summary>
/// Too few replicas confirmed an add of <see cref="Durability.Replicated"/> in time, or nobody can tell whether they
/// have it. The message may exist, and then it is handed out as any other: a second add without
/// <see cref="NewMessage.IdempotencyKey"/> may make a second message. With the key of the first add, the second one
/// adds nothing new and waits for the replicas again. Over HTTP this is 503 with <c>Retry-After</c>.
/// </summary>
public sealed class RestMqNotReplicatedException : RestMqUnavailableException
{
    /// <summary>An add that is not known to be replicated.</summary>
    /// <param name="message">The reason, for the log and the caller.</param>
    /// <param name="inner">The failure of the store's client, or the cancellation that ended the wait.</param>
    public RestMqNotReplicatedException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
