using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq;

/// <summary>Provides convenience methods for <see cref="IQueueEngine"/>, made of its members only.</summary>
public static class QueueEngineExtensions
{
    private const int PageSize = 1000;

    // Without a caller, a message only moves to a state later in this list: its lease or its delay ends. In this order
    // the purge still meets the message.
    private static readonly MessageState[] PurgedStates =
        [MessageState.Leased, MessageState.Delayed, MessageState.Ready, MessageState.Dead];

    /// <summary>Adds a value as JSON.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue. The add creates the queue if it does not exist.</param>
    /// <param name="value">The value. A string, too, is added as JSON, in quotes. To add plain text, use
    /// <see cref="MessageBody.FromText"/>.</param>
    /// <param name="typeInfo">The serialization metadata of the type, such as <c>AppJson.Default.Order</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FormatException">The name of the queue is not valid.</exception>
    /// <exception cref="RestMqUnavailableException">The store is away.</exception>
    public static ValueTask<AddResult> AddAsync<T>(
        this IQueueEngine engine, string queue, T value, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        engine.AddAsync(
            QueueName.Parse(queue), new NewMessage(MessageBody.FromJson(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo))), cancellationToken);

    /// <summary>Adds a message, and takes the name of the queue as text.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="message">The message, which is added as it is and not as JSON.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FormatException">The name of the queue is not valid.</exception>
    /// <exception cref="RestMqUnavailableException">The store is away.</exception>
    public static ValueTask<AddResult> AddAsync(
        this IQueueEngine engine, string queue, NewMessage message, CancellationToken cancellationToken = default) =>
        engine.AddAsync(QueueName.Parse(queue), message, cancellationToken);

    /// <summary>
    /// Adds a value as JSON, with reflection and <see cref="JsonSerializerOptions.Web"/>: property names are in camel
    /// case. Trimmed and AOT applications use the overload with a <see cref="JsonTypeInfo{T}"/>.
    /// </summary>
    /// <inheritdoc cref="AddAsync{T}(IQueueEngine, string, T, JsonTypeInfo{T}, CancellationToken)"/>
    [RequiresUnreferencedCode("Serializes the value by reflection. Use the overload with a JsonTypeInfo<T>.")]
    [RequiresDynamicCode("Serializes the value by reflection. Use the overload with a JsonTypeInfo<T>.")]
    public static ValueTask<AddResult> AddAsync<T>(
        this IQueueEngine engine, string queue, T value, CancellationToken cancellationToken = default) =>
        engine.AddAsync(
            QueueName.Parse(queue),
            new NewMessage(MessageBody.FromJson(JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web))),
            cancellationToken);

    /// <summary>
    /// Deletes the messages of a queue, whatever their state. The settings and the streams stay, unlike with
    /// <see cref="IQueueEngine.DeleteQueueAsync"/>. The purge goes state by state, so a message that is added,
    /// delivered or settled meanwhile may stay.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Cancels the purge. Messages that were deleted before stay deleted.</param>
    /// <returns>The number of deleted messages.</returns>
    public static async ValueTask<long> PurgeAsync(this IQueueEngine engine, QueueName queue, CancellationToken cancellationToken = default)
    {
        var purged = 0L;
        foreach (var state in PurgedStates)
            purged += await engine.PurgeAsync(queue, state, cancellationToken).ConfigureAwait(false);
        return purged;
    }

    /// <summary>
    /// Returns the names of all queues, in the order of their UTF-8 bytes. The store is asked for one page at a time. A
    /// queue that is created or deleted meanwhile may or may not be listed.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    public static async IAsyncEnumerable<QueueName> ListAllAsync(
        this IQueueEngine engine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (QueueName? after = null; ;)
        {
            var page = await engine.ListAsync(after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (var name in page) yield return name;
            if (page.Count < PageSize) yield break;
            after = page[^1];
        }
    }

    /// <summary>
    /// Returns the statistics of all queues, in the order of <see cref="ListAllAsync"/>, page by page.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    public static async IAsyncEnumerable<QueueStats> StatsOfAllAsync(
        this IQueueEngine engine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (QueueName? after = null; ;)
        {
            var page = await engine.ListAsync(after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (var stats in await engine.StatsAsync(page, cancellationToken).ConfigureAwait(false)) yield return stats;
            if (page.Count < PageSize) yield break;
            after = page[^1];
        }
    }
}
