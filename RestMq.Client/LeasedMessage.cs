using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// Holds a leased message. The message belongs to the caller until it is settled or its lease ends. An unsettled
/// message is delivered again after its lease. Disposing an unsettled message releases it at once. Use
/// <c>await using</c>, and ack the message when the work is done.
/// </summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public sealed class LeasedMessage<T> : QueueMessage<T>, IAsyncDisposable
{
    // A host that does not answer must not delay the caller of DisposeAsync for longer. The lease ends by itself.
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);

    private readonly IRestMqClient _client;
    private bool _settled;

    /// <summary>Creates a message for tests of code that consumes messages.</summary>
    /// <param name="client">The client that settles the message.</param>
    /// <param name="receipt">The receipt, such as <c>orders:12.1</c>.</param>
    /// <param name="value">The value of the message.</param>
    /// <param name="count">The delivery count.</param>
    public LeasedMessage(IRestMqClient client, string receipt, T value, long count = 1)
        : base(receipt[..Math.Max(receipt.LastIndexOf('.'), 0)], value, count) => (_client, Receipt) = (client, receipt);

    internal LeasedMessage(IRestMqClient client, WireMessage wire, JsonTypeInfo<T>? typeInfo) : base(wire, typeInfo) =>
        (_client, Receipt) = (client, wire.Receipt ?? throw new RestMqClientException(inner: null));

    internal LeasedMessage(LeasedMessage<ReadOnlyMemory<byte>> raw, JsonTypeInfo<T> typeInfo) : base(raw.Wire, typeInfo) =>
        (_client, Receipt) = (raw._client, raw.Receipt);

    /// <summary>Gets the receipt that settles this delivery, such as <c>orders:12.1</c>.</summary>
    public string Receipt { get; }

    /// <inheritdoc cref="IRestMqClient.AckAsync"/>
    public Task<bool> AckAsync(CancellationToken cancellationToken = default) => SettledAsync(_client.AckAsync(Receipt, cancellationToken));

    /// <inheritdoc cref="IRestMqClient.ExtendAsync"/>
    public Task<bool> ExtendAsync(TimeSpan lease, CancellationToken cancellationToken = default) =>
        _client.ExtendAsync(Receipt, lease, cancellationToken);

    /// <inheritdoc cref="IRestMqClient.ReleaseAsync"/>
    public Task<bool> ReleaseAsync(TimeSpan delay = default, CancellationToken cancellationToken = default) =>
        SettledAsync(_client.ReleaseAsync(Receipt, delay, cancellationToken));

    /// <inheritdoc cref="IRestMqClient.BuryAsync"/>
    public Task<bool> BuryAsync(string reason, CancellationToken cancellationToken = default) =>
        SettledAsync(_client.BuryAsync(Receipt, reason, cancellationToken));

    /// <summary>
    /// Releases the message if it is not settled. A failure is ignored, for example when the host cannot be reached.
    /// The message is delivered again when its lease ends.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_settled) return;
        _settled = true;
        using var timeout = new CancellationTokenSource(ReleaseTimeout);
        try
        {
            await _client.ReleaseAsync(Receipt, TimeSpan.Zero, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // This failure must not hide an exception of the caller's `await using` block. The message returns to its
            // queue when the lease ends.
        }
    }

    // Any answer of the host counts as settled, also false for a stale receipt. After a call that failed, DisposeAsync
    // still releases the message.
    private async Task<bool> SettledAsync(Task<bool> settlement)
    {
        var done = await settlement.ConfigureAwait(false);
        _settled = true;
        return done;
    }
}
