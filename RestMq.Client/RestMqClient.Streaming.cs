using System.Runtime.CompilerServices;
using RestMq.Client.Streams;
using RestMq.Client.Wire;

namespace RestMq.Client;

public sealed partial class RestMqClient
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<QueueMessage<T>> ConsumeAsync<T>(
        string queue, ConsumeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var stream = Open(queue, null, null, options, cancellationToken);
        await using var leaving = stream.ConfigureAwait(false);
        while (true) yield return new QueueMessage<T>(await stream.NextAsync().ConfigureAwait(false), typeInfo);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LeasedMessage<T>> ConsumeLeasedAsync<T>(
        string queue, TimeSpan lease, int prefetch = 10, ConsumeOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var typeInfo = _serializer.TypeInfo<T>();
        var stream = Open(queue, lease, prefetch, options, cancellationToken);
        await using var leaving = stream.ConfigureAwait(false);
        while (true) yield return new LeasedMessage<T>(this, await stream.NextAsync().ConfigureAwait(false), typeInfo, lease, _time);
    }

    private LiveStream Open(string queue, TimeSpan? lease, int? prefetch, ConsumeOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ConsumeOptions();
        var query = Address.Fields(("lease", lease), ("prefetch", prefetch), ("heartbeat", options.Silence / 3));
        return new LiveStream(_waitingHttp, _address, $"{Address.Of("c", queue)}?{query}", options, _options.ReplyTimeout, _time, _logger, cancellationToken);
    }
}
