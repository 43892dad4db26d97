namespace RestMq;

/// <summary>
/// Handles the messages of a queue. Each message gets a new handler in its own scope. A handler may receive the same
/// message again, after a failure or after its process died.
/// </summary>
/// <typeparam name="TMessage">
/// The type that a message is read as. <c>string</c>, <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> get the body
/// unchanged. Other types are read as JSON.
/// </typeparam>
public interface IMessageHandler<TMessage>
{
    /// <summary>
    /// Handles one message. When the method returns, the message is acked. When it throws, the message is released and
    /// is delivered again after a pause (<see cref="RestMqConsumerOptions.RetryDelay"/>). When it throws a
    /// <see cref="PoisonMessageException"/>, the message is buried.
    /// </summary>
    /// <param name="context">The message.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the application stops and <see cref="RestMqConsumerOptions.DrainTimeout"/> is over, and when the
    /// message no longer belongs to this consumer. The handler should end then.
    /// </param>
    Task HandleAsync(MessageContext<TMessage> context, CancellationToken cancellationToken);
}
