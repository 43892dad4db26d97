using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq;

public static partial class QueueEngineExtensions
{
    /// <summary>Adds a value as JSON.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue. The add creates the queue if it does not exist.</param>
    /// <param name="value">The value. A string, too, is added as JSON, in quotes. To add plain text, use
    /// <see cref="MessageBody.FromText"/>.</param>
    /// <param name="typeInfo">The serialization metadata of the type, such as <c>AppJson.Default.Order</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException">The name of the queue is not valid.</exception>
    /// <exception cref="RestMqUnavailableException">The store is away.</exception>
    public static ValueTask<AddResult> AddAsync<T>(
        this IQueueEngine engine, string queue, T value, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        engine.AddAsync(queue, MessageBody.FromJson(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo)), cancellationToken);

    /// <summary>
    /// Adds a value as JSON, with reflection and <see cref="JsonSerializerOptions.Web"/>: property names are in camel
    /// case. Trimmed and AOT applications use the overload with a <see cref="JsonTypeInfo{T}"/>.
    /// </summary>
    /// <inheritdoc cref="AddAsync{T}(IQueueEngine, string, T, JsonTypeInfo{T}, CancellationToken)"/>
    [RequiresUnreferencedCode("Serializes the value by reflection. Use the overload with a JsonTypeInfo<T>.")]
    [RequiresDynamicCode("Serializes the value by reflection. Use the overload with a JsonTypeInfo<T>.")]
    public static ValueTask<AddResult> AddAsync<T>(
        this IQueueEngine engine, string queue, T value, CancellationToken cancellationToken = default) =>
        value is IEnumerable<NewMessage>
            ? throw new ArgumentException("A value must be one message, but was a list of messages. Use AddManyAsync.", nameof(value))
            : engine.AddAsync(queue, MessageBody.FromJson(JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web)), cancellationToken);

    /// <summary>Adds a message.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue. The add creates the queue if it does not exist.</param>
    /// <param name="message">The message, which is added as it is and not as JSON.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException">The name of the queue is not valid.</exception>
    /// <exception cref="RestMqUnavailableException">The store is away.</exception>
    public static ValueTask<AddResult> AddAsync(
        this IQueueEngine engine, string queue, NewMessage message, CancellationToken cancellationToken = default) =>
        engine.AddAsync(Name(queue), message, cancellationToken);

    /// <summary>Adds a message that has only a content, as text, JSON or bytes.</summary>
    /// <inheritdoc cref="AddAsync(IQueueEngine, string, NewMessage, CancellationToken)"/>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue. The add creates the queue if it does not exist.</param>
    /// <param name="body">The content of the message.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static ValueTask<AddResult> AddAsync(
        this IQueueEngine engine, string queue, MessageBody body, CancellationToken cancellationToken = default) =>
        engine.AddAsync(Name(queue), new NewMessage(body), cancellationToken);

    /// <summary>
    /// Adds several messages in one step and in order. When the queue has no room for all of them, none is added.
    /// </summary>
    /// <inheritdoc cref="AddAsync(IQueueEngine, string, NewMessage, CancellationToken)"/>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue. The add creates the queue if it does not exist.</param>
    /// <param name="messages">The messages, at most <c>RestMqOptions.MaxBatch</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static ValueTask<IReadOnlyList<AddResult>> AddManyAsync(
        this IQueueEngine engine, string queue, IReadOnlyList<NewMessage> messages, CancellationToken cancellationToken = default) =>
        engine.AddAsync(Name(queue), messages, cancellationToken);

    private static QueueName Name(string queue) => QueueName.Argument(queue, nameof(queue));
}
