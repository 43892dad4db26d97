using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// Provides the methods of <see cref="IRestMqClient"/> with a <see cref="JsonTypeInfo{T}"/>, for trimmed and AOT
/// applications. The type info writes and reads messages without reflection. It is a property of a
/// <c>JsonSerializerContext</c>, such as <c>AppJson.Default.Order</c>. The methods work with every
/// <see cref="IRestMqClient"/>, because they send and receive bytes by its methods of the same names. They treat a
/// <c>string</c> as JSON too.
/// </summary>
public static class RestMqClientJsonExtensions
{
    /// <inheritdoc cref="IRestMqClient.AddAsync"/>
    public static Task<AddResult> AddAsync<T>(
        this IRestMqClient client, string queue, T message, JsonTypeInfo<T> typeInfo, AddMessageOptions? options = null,
        CancellationToken cancellationToken = default) =>
        client.AddAsync<ReadOnlyMemory<byte>>(
            queue, JsonSerializer.SerializeToUtf8Bytes(message, typeInfo), As(options?.ContentType ?? MessageSerializer.Json, options), cancellationToken);

    /// <inheritdoc cref="IRestMqClient.AddManyAsync"/>
    public static Task<IReadOnlyList<AddResult>> AddManyAsync<T>(
        this IRestMqClient client, string queue, IEnumerable<T> messages, JsonTypeInfo<T> typeInfo, AddMessageOptions? options = null,
        CancellationToken cancellationToken = default) =>
        client.AddManyAsync(
            queue, messages.Select(message => new ReadOnlyMemory<byte>(JsonSerializer.SerializeToUtf8Bytes(message, typeInfo))),
            As(MessageSerializer.Json, options), cancellationToken);

    /// <inheritdoc cref="IRestMqClient.TakeAsync"/>
    public static async Task<QueueMessage<T>?> TakeAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var raw = await client.TakeAsync<ReadOnlyMemory<byte>>(queue, wait, cancellationToken).ConfigureAwait(false);
        return raw is null ? null : new QueueMessage<T>(raw.Wire, typeInfo);
    }

    /// <inheritdoc cref="IRestMqClient.TakeManyAsync"/>
    public static async Task<IReadOnlyList<QueueMessage<T>>> TakeManyAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, int max, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        var many = await client.TakeManyAsync<ReadOnlyMemory<byte>>(queue, max, wait, cancellationToken).ConfigureAwait(false);
        return [.. many.Select(raw => new QueueMessage<T>(raw.Wire, typeInfo))];
    }

    /// <inheritdoc cref="IRestMqClient.LeaseAsync"/>
    public static async Task<LeasedMessage<T>?> LeaseAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, TimeSpan lease, TimeSpan wait = default,
        CancellationToken cancellationToken = default)
    {
        var raw = await client.LeaseAsync<ReadOnlyMemory<byte>>(queue, lease, wait, cancellationToken).ConfigureAwait(false);
        return raw is null ? null : new LeasedMessage<T>(raw, typeInfo);
    }

    /// <inheritdoc cref="IRestMqClient.LeaseManyAsync"/>
    public static async Task<IReadOnlyList<LeasedMessage<T>>> LeaseManyAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, int max, TimeSpan lease, TimeSpan wait = default,
        CancellationToken cancellationToken = default)
    {
        var many = await client.LeaseManyAsync<ReadOnlyMemory<byte>>(queue, max, lease, wait, cancellationToken).ConfigureAwait(false);
        return [.. many.Select(raw => new LeasedMessage<T>(raw, typeInfo))];
    }

    /// <inheritdoc cref="IRestMqClient.PeekHeadAsync"/>
    public static async Task<QueueMessage<T>?> PeekHeadAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        var raw = await client.PeekHeadAsync<ReadOnlyMemory<byte>>(queue, cancellationToken).ConfigureAwait(false);
        return raw is null ? null : new QueueMessage<T>(raw.Wire, typeInfo);
    }

    /// <inheritdoc cref="IRestMqClient.PeekAsync"/>
    public static async Task<PeekedMessage<T>?> PeekAsync<T>(
        this IRestMqClient client, MessageKey key, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        var raw = await client.PeekAsync<ReadOnlyMemory<byte>>(key, cancellationToken).ConfigureAwait(false);
        return raw is null ? null : new PeekedMessage<T>(raw.Wire, typeInfo);
    }

    /// <inheritdoc cref="IRestMqClient.BrowseAsync"/>
    public static async Task<IReadOnlyList<PeekedMessage<T>>> BrowseAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, MessageState state = MessageState.Ready,
        CancellationToken cancellationToken = default)
    {
        var many = await client.BrowseAsync<ReadOnlyMemory<byte>>(queue, state, cancellationToken).ConfigureAwait(false);
        return [.. many.Select(raw => new PeekedMessage<T>(raw.Wire, typeInfo))];
    }

    /// <inheritdoc cref="IRestMqClient.ConsumeAsync"/>
    public static IAsyncEnumerable<QueueMessage<T>> ConsumeAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, ConsumeOptions? options = null, CancellationToken cancellationToken = default) =>
        client.ConsumeAsync<ReadOnlyMemory<byte>>(queue, options, cancellationToken).Select(raw => new QueueMessage<T>(raw.Wire, typeInfo));

    /// <inheritdoc cref="IRestMqClient.ConsumeLeasedAsync"/>
    public static IAsyncEnumerable<LeasedMessage<T>> ConsumeLeasedAsync<T>(
        this IRestMqClient client, string queue, JsonTypeInfo<T> typeInfo, TimeSpan lease, int prefetch = 10, ConsumeOptions? options = null,
        CancellationToken cancellationToken = default) =>
        client.ConsumeLeasedAsync<ReadOnlyMemory<byte>>(queue, lease, prefetch, options, cancellationToken).Select(raw => new LeasedMessage<T>(raw, typeInfo));

    private static AddMessageOptions As(string contentType, AddMessageOptions? options) =>
        (options ?? new AddMessageOptions()) with { ContentType = contentType };
}
