namespace RestMq;

/// <summary>
/// Provides the messages of a hosted consumer, either from the engine in this process or from a host over HTTP. A
/// source is registered as a keyed singleton and chosen by <c>RestMqConsumerOptions.Source</c>.
/// <para>
/// A source that cannot reach its queues throws, and the consumer tries again. For a request that can never succeed,
/// the source throws an <see cref="ArgumentException"/>, and the consumer does not try again. An
/// <see cref="HttpRequestException"/> with a status from 400 to 499 means the same, except for 408 and 429.
/// </para>
/// </summary>
public interface IMessageSource
{
    /// <summary>Gets the longest delay that <see cref="ReleaseAsync"/> accepts.</summary>
    /// <value>
    /// The default is null: the limit is not known. The consumer then tries shorter delays after a refusal.
    /// </value>
    TimeSpan? MaxDelay => null;

    /// <summary>
    /// Leases messages. They belong to the caller until they are settled or the lease ends. The queues are asked in
    /// order, and the first queue with a ready message answers.
    /// </summary>
    /// <param name="queues">One or more queues.</param>
    /// <param name="max">The most messages to lease, 1 to 1000.</param>
    /// <param name="lease">How long to lease the messages.</param>
    /// <param name="wait">How long to wait for the first message. A source may wait for a shorter time.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The messages. The list is empty when no message arrived within the wait.</returns>
    /// <exception cref="ArgumentException">
    /// The request can never succeed, for example because a queue name is invalid. The consumer stops the application.
    /// </exception>
    ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Acks a message: the work is done, and the message is deleted.</summary>
    /// <returns>False when the message no longer belongs to the caller. This holds for every method that
    /// settles.</returns>
    ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken);

    /// <summary>Extends the lease, so that it ends after <paramref name="lease"/> from now.</summary>
    ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Releases a message to the head of its queue, at once or after a delay. The delivery counts.</summary>
    /// <exception cref="ArgumentException">The delay is too long. The consumer tries shorter delays.</exception>
    ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>
    /// Releases a message that no handler has received. If the source supports it, the delivery does not count.
    /// </summary>
    ValueTask<bool> ReturnAsync(SourceMessage message, CancellationToken cancellationToken) =>
        ReleaseAsync(message, TimeSpan.Zero, cancellationToken);

    /// <summary>Buries a message as a dead letter.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">Why the message is buried, in 1 to 200 characters.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken);
}
