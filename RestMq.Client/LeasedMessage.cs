using System.Text.Json.Serialization.Metadata;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <summary>
/// A message that is the caller's until it is settled or its lease ends; then it comes again. Disposing it unsettled gives it back at once:
/// <c>await using</c> it, and acknowledge it when the work is done.
/// </summary>
/// <typeparam name="T">What it is read as.</typeparam>
public sealed class LeasedMessage<T> : QueueMessage<T>, IAsyncDisposable
{
    // A host that does not answer must not hold up whoever leaves: the lease ends by itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IRestMqClient _client;
    private bool _settled;

    /// <summary>A message for tests of code that consumes messages.</summary>
    /// <param name="client">What it is settled with.</param>
    /// <param name="receipt">Its receipt, such as <c>orders:12.1</c>.</param>
    /// <param name="value">Its value.</param>
    /// <param name="count">How many times it has been handed out.</param>
    public LeasedMessage(IRestMqClient client, string receipt, T value, long count = 1)
        : base(receipt[..Math.Max(receipt.LastIndexOf('.'), 0)], value, count) => (_client, Receipt) = (client, receipt);

    internal LeasedMessage(IRestMqClient client, WireMessage wire, JsonTypeInfo<T>? typeInfo) : base(wire, typeInfo) =>
        (_client, Receipt) = (client, wire.Receipt ?? throw new RestMqClientException(inner: null));

    internal LeasedMessage(LeasedMessage<ReadOnlyMemory<byte>> raw, JsonTypeInfo<T> typeInfo) : base(raw.Wire, typeInfo) =>
        (_client, Receipt) = (raw._client, raw.Receipt);

    /// <summary>What this hand-out is settled with, such as <c>orders:12.1</c>.</summary>
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
    /// Gives the message back if it is not settled. A host that cannot be reached is no failure here: the message comes back when its lease ends.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_settled) return;
        _settled = true;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _client.ReleaseAsync(Receipt, TimeSpan.Zero, patience.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever it was must not hide the exception that brought us here, and the end of the lease gives the message back just as well.
        }
    }

    // Settled once the host has answered, whatever the answer: a call that failed leaves the message to be given back.
    private async Task<bool> SettledAsync(Task<bool> settlement)
    {
        var done = await settlement.ConfigureAwait(false);
        _settled = true;
        return done;
    }
}
