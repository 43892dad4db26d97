using RestMq.Client.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    /// <inheritdoc/>
    public Task<bool> AckAsync(Receipt receipt, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Delete, Address.Of(receipt), null, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExtendAsync(Receipt receipt, TimeSpan lease, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, Address.Of(receipt), Address.Fields(("lease", lease)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(Receipt receipt, TimeSpan delay = default, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, Address.Of(receipt), Address.Fields(("release", delay)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> BuryAsync(Receipt receipt, string reason, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, Address.Of(receipt), Address.Fields(("bury", reason)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(MessageKey key, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Delete, Address.Of(key), null, cancellationToken);

    private async Task<bool> SettleAsync(HttpMethod method, string address, string? fields, CancellationToken cancellationToken)
    {
        try
        {
            using var reply = await SendAsync(method, address, fields, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RestMqClientException e) when (e.Type is ProblemTypes.StaleReceipt or ProblemTypes.NotFound)
        {
            return false;
        }
    }
}
