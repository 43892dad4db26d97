using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// Holds a leased message. The message belongs to the caller until it is settled or its lease ends. An unsettled
/// message is delivered again after its lease. Disposing an unsettled message releases it at once, and buries it if its
/// <see cref="QueueMessage{T}.Value"/> could not be read. Use <c>await using</c>, and ack the message when the work is
/// done.
/// </summary>
/// <typeparam name="T">The type that the message is read as.</typeparam>
public sealed class LeasedMessage<T> : QueueMessage<T>, IAsyncDisposable
{
    private const int ReasonLength = 200;

    // A host that does not answer must not delay the caller of DisposeAsync for longer. The lease ends by itself.
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(30);

    private readonly IRestMqClient _client;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly TimeSpan _lease = DefaultLease;
    private long _leaseEnds; // UTC ticks. 0 when the end is not known.
    private volatile bool _settling;
    private volatile bool _settled;

    /// <summary>Creates a message for tests of code that consumes messages.</summary>
    /// <param name="client">The client that settles the message.</param>
    /// <param name="receipt">The receipt, such as <c>Receipt.Parse("orders:12.1")</c>.</param>
    /// <param name="value">The value of the message.</param>
    /// <param name="deliveryCount">The delivery count.</param>
    public LeasedMessage(IRestMqClient client, Receipt receipt, T value, long deliveryCount = 1)
        : base(receipt.Key, value, deliveryCount) => (_client, Receipt) = (client, receipt);

    /// <param name="client">The client that settles the message.</param>
    /// <param name="wire">The message.</param>
    /// <param name="typeInfo">How the message is read.</param>
    /// <param name="lease">The lease that the client asked for.</param>
    /// <param name="time">The clock, by which the message has just arrived.</param>
    internal LeasedMessage(IRestMqClient client, WireMessage wire, JsonTypeInfo<T>? typeInfo, TimeSpan lease, TimeProvider time) : base(wire, typeInfo)
    {
        (_client, Receipt, _lease, _time) = (client, wire.Receipt ?? throw RestMqClientException.NotRestMq(), lease, time);
        _leaseEnds = (time.GetUtcNow() + lease).UtcTicks;
    }

    internal LeasedMessage(LeasedMessage<ReadOnlyMemory<byte>> raw, JsonTypeInfo<T> typeInfo) : base(raw.Wire, typeInfo) =>
        (_client, Receipt, _lease, _time, _leaseEnds) = (raw._client, raw.Receipt, raw._lease, raw._time, raw._leaseEnds);

    /// <summary>Gets the receipt that settles this delivery, such as <c>orders:12.1</c>.</summary>
    public Receipt Receipt { get; }

    /// <summary>
    /// Gets when the lease ends, by the clock of this machine: the lease after the message arrived, or after the last
    /// successful <see cref="ExtendAsync"/> was sent. The host counts from its own delivery, which is earlier by the way of
    /// the message, and by the time for which the message waited in the buffers of a live stream. Null when the end is not
    /// known.
    /// </summary>
    public DateTimeOffset? LeaseEnds
    {
        get => Interlocked.Read(ref _leaseEnds) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        init => _leaseEnds = value?.UtcTicks ?? 0;
    }

    /// <inheritdoc cref="IRestMqClient.AckAsync"/>
    public Task<bool> AckAsync(CancellationToken cancellationToken = default) => SettleAsync(client => client.AckAsync(Receipt, cancellationToken));

    /// <inheritdoc cref="IRestMqClient.ExtendAsync"/>
    public async Task<bool> ExtendAsync(TimeSpan lease, CancellationToken cancellationToken = default)
    {
        var end = _time.GetUtcNow() + lease;
        var extended = await _client.ExtendAsync(Receipt, lease, cancellationToken).ConfigureAwait(false);
        if (extended) Interlocked.Exchange(ref _leaseEnds, end.UtcTicks);
        return extended;
    }

    /// <inheritdoc cref="IRestMqClient.ReleaseAsync"/>
    public Task<bool> ReleaseAsync(TimeSpan delay = default, CancellationToken cancellationToken = default) =>
        SettleAsync(client => client.ReleaseAsync(Receipt, delay, cancellationToken));

    /// <inheritdoc cref="IRestMqClient.BuryAsync"/>
    public Task<bool> BuryAsync(string reason, CancellationToken cancellationToken = default) =>
        SettleAsync(client => client.BuryAsync(Receipt, reason, cancellationToken));

    /// <summary>
    /// Extends the lease now, and again after each half of it, until the returned object is disposed or the message is
    /// settled. So the lease does not limit how long the work may take.
    /// <code>
    /// await using var renewal = await message.KeepAliveAsync();
    /// await WorkAsync(message.Value, renewal.Lost);
    /// </code>
    /// </summary>
    /// <param name="lease">The length of each lease. Null takes the length that the message was leased for.</param>
    /// <param name="cancellationToken">Cancels the first extension. It does not end the renewal.</param>
    /// <returns>The renewal. Its <see cref="LeaseRenewal.Lost"/> is cancelled when the message no longer belongs to this
    /// consumer, also if that is so already.</returns>
    /// <exception cref="RestMqClientException">The host refused the first extension.</exception>
    public async Task<LeaseRenewal> KeepAliveAsync(TimeSpan? lease = null, CancellationToken cancellationToken = default)
    {
        var length = lease ?? _lease;
        var start = _time.GetTimestamp();
        var isHeld = await ExtendAsync(length, cancellationToken).ConfigureAwait(false);
        return new LeaseRenewal(token => ExtendAsync(length, token), () => _settled, () => _settling, isHeld, length, start, _time);
    }

    /// <summary>
    /// Releases the message if it is not settled, or buries it if its value could not be read: released, it would be
    /// delivered and fail again at once. A failure is ignored, for example when the host cannot be reached. The message is
    /// delivered again when its lease ends.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_settled) return;
        _settled = true;
        using var timeout = new CancellationTokenSource(ReleaseTimeout);
        try
        {
            await (Unreadable is { } failure
                ? _client.BuryAsync(Receipt, Shortened(failure.Message), timeout.Token)
                : _client.ReleaseAsync(Receipt, TimeSpan.Zero, timeout.Token)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // This failure must not hide an exception of the caller's `await using` block. The message returns to its
            // queue when the lease ends.
        }
    }

    private static string Shortened(string reason) =>
        reason.Length <= ReasonLength ? reason : reason[..(char.IsHighSurrogate(reason[ReasonLength - 1]) ? ReasonLength - 1 : ReasonLength)];

    // Any answer of the host counts as settled, also false for a stale receipt. After a call that failed, DisposeAsync
    // still releases the message.
    private async Task<bool> SettleAsync(Func<IRestMqClient, Task<bool>> settle)
    {
        _settling = true;
        try
        {
            var done = await settle(_client).ConfigureAwait(false);
            _settled = true;
            return done;
        }
        finally
        {
            _settling = false;
        }
    }
}
