namespace RestMq;

/// <summary>
/// Where a hosted consumer's messages come from: the engine in this process, or a client of one elsewhere. A source is registered as a keyed
/// singleton, and chosen by <c>RestMqConsumerOptions.Source</c>. It throws when it cannot reach its queues: the consumer tries again. What
/// can never be is an <see cref="ArgumentException"/>, and is not tried again; nor is an <see cref="HttpRequestException"/> with a status that says so.
/// </summary>
public interface IMessageSource
{
    /// <summary>The longest delay of <see cref="ReleaseAsync"/>. <value>Null: it is not known, and what is too long is found out.</value></summary>
    TimeSpan? MaxDelay => null;

    /// <summary>Hands out messages until they are settled or the lease ends. Queues are asked in order; the first that has something answers.</summary>
    /// <param name="queues">One or more queues.</param>
    /// <param name="max">How many messages at most, 1 to 1000.</param>
    /// <param name="lease">For how long.</param>
    /// <param name="wait">How long to wait for the first message; a source may wait less.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The messages; none when the wait is over.</returns>
    /// <exception cref="ArgumentException">What is asked for can never be, such as a queue of that name: the consumer stops its host.</exception>
    ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Deletes a message: the work is done.</summary>
    /// <returns>False when it is no longer the caller's; so for all of these.</returns>
    ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken);

    /// <summary>Lets the lease end so much later from now.</summary>
    ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Gives a message back to the head of its queue, at once or after a time; the hand-out counts.</summary>
    /// <exception cref="ArgumentException">The delay is longer than may be: the consumer tries shorter ones.</exception>
    ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Gives a message back that no handler has seen. Where the source can, the hand-out does not count.</summary>
    ValueTask<bool> ReturnAsync(SourceMessage message, CancellationToken cancellationToken) => ReleaseAsync(message, TimeSpan.Zero, cancellationToken);

    /// <summary>Puts a message among the dead letters.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">Why, in 1 to 200 characters.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken);
}
