namespace RestMq;

/// <summary>
/// Handles the messages of a queue. A handler is made anew for each message, in a scope of its own, and may be given the same message again:
/// after a failure, and after a host that died.
/// </summary>
/// <typeparam name="TMessage">
/// What a message is read as: any type by JSON; <c>string</c>, <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> as it came.
/// </typeparam>
public interface IMessageHandler<TMessage>
{
    /// <summary>
    /// Handles one message. When it returns, the message is deleted. When it throws, the message is given back and comes again after a pause
    /// (<see cref="RestMqConsumerOptions.RetryDelay"/>); when it throws a <see cref="PoisonMessageException"/>, it is buried.
    /// </summary>
    /// <param name="context">The message.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host stops and its time to finish is over, and when the message has become someone else's. Work should end then.
    /// </param>
    Task HandleAsync(MessageContext<TMessage> context, CancellationToken cancellationToken);
}
