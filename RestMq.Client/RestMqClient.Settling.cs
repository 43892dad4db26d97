using RestMq.Client.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    /// <inheritdoc/>
    public Task<bool> AckAsync(string receipt, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Delete, receipt, null, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ExtendAsync(string receipt, TimeSpan lease, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, receipt, Address.Fields(("lease", lease)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(string receipt, TimeSpan delay = default, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, receipt, Address.Fields(("release", delay)), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> BuryAsync(string receipt, string reason, CancellationToken cancellationToken = default) =>
        SettleAsync(HttpMethod.Post, receipt, Address.Fields(("bury", reason)), cancellationToken);

    private async Task<bool> SettleAsync(HttpMethod method, string receipt, string? fields, CancellationToken cancellationToken)
    {
        try
        {
            using var reply = await SendAsync(method, Address.Of(receipt), fields, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RestMqClientException e) when (e.Type is ProblemTypes.StaleReceipt or ProblemTypes.NotFound)
        {
            return false;
        }
    }
}
