namespace RestMq.Client;

/// <summary>
/// Adapts a client to <see cref="IMessageSource"/>, so that hosted consumers can take messages over HTTP.
/// </summary>
internal sealed class ClientMessageSource(IRestMqClient client) : IMessageSource
{
    public async ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        var messages = await AskAsync(client.LeaseManyAsync<ReadOnlyMemory<byte>>(
            string.Join(',', queues), max, lease, wait, cancellationToken)).ConfigureAwait(false);
        return [.. messages.Select(message => new SourceMessage
        {
            Receipt = message.Receipt,
            DeliveryCount = message.DeliveryCount,
            Added = message.Added,
            Body = message.Body,
            ContentType = message.ContentType,
            TraceParent = message.TraceParent,
            TraceState = message.TraceState,
        })];
    }

    public ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken) =>
        AskAsync(client.AckAsync(message.Receipt, cancellationToken));

    public ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        AskAsync(client.ExtendAsync(message.Receipt, lease, cancellationToken));

    public ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken) =>
        AskAsync(client.ReleaseAsync(message.Receipt, delay, cancellationToken));

    public ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken) =>
        AskAsync(client.BuryAsync(message.Receipt, reason, cancellationToken));

    private static async ValueTask<T> AskAsync<T>(Task<T> request)
    {
        try
        {
            return await request.ConfigureAwait(false);
        }
        catch (RestMqClientException e) when (e.Type is ProblemTypes.BadQueueName or ProblemTypes.BadRequest)
        {
            // The engine throws ArgumentException for the same mistakes. A consumer treats both sources alike.
            throw new ArgumentException(e.Message, e);
        }
    }
}
