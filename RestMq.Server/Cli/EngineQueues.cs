using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using RestMq.Http;
using RestMq.Streams;
using RestMq.Wire;

namespace RestMq.Server.Cli;

/// <summary>
/// Runs the engine in this process, on the Redis of the settings. For the time of the verb, the process is one more
/// host.
/// </summary>
internal sealed class EngineQueues : IQueues
{
    private const int Newest = 10;

    private readonly ServiceProvider _services;
    private readonly IQueueEngine _engine;
    private readonly RestMqOptions _options;

    public EngineQueues(IConfiguration settings)
    {
        var services = new ServiceCollection().AddLogging();
        // Like the host, so that settings mean the same.
        services.AddEngine(settings);
        _services = services.BuildServiceProvider();
        _engine = _services.GetRequiredService<IQueueEngine>();
        _options = _services.GetRequiredService<IOptions<RestMqOptions>>().Value;
    }

    public async Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken)
    {
        var reply = await _services.GetRequiredService<CommandDispatcher>().DispatchAsync(command, cancellationToken: cancellationToken);
        return reply.Outcome == CommandOutcome.Unavailable ? throw new VerbException(Reply.ErrorOf(reply.Json)!, ExitCode.Unavailable) : reply.Json;
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> TakeAsync(
        QueueName queue, int max, TimeSpan wait, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequestLimits.Batch(max, _options);
        RequestLimits.Wait(wait.TotalSeconds, _options);
        var found = await _engine.LeaseAsync([queue], max, _options.TakeLease, wait, cancellationToken);
        var written = 0;
        try
        {
            // The caller asks for the next message when it has written this one. If it does not ask, all messages that
            // it has not written return to the queue.
            foreach (var message in found)
            {
                yield return Bytes(buffer => JsonText.Write(buffer, message, static (writer, m) => MessageJson.Write(writer, m)));
                written++;
            }
        }
        finally
        {
            var settlements = found.Select((message, i) => new Settlement(message.Receipt, i < written ? SettleAction.Ack : SettleAction.Return)).ToArray();
            if (settlements.Length > 0) await _engine.SettleAsync(queue, settlements, CancellationToken.None);
        }
    }

    public async IAsyncEnumerable<QueueStats> StatsAsync(QueueName? queue, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (queue is not null)
        {
            yield return await _engine.StatsAsync(queue, cancellationToken);
            yield break;
        }
        await foreach (var stats in _engine.StatsOfAllAsync(cancellationToken)) yield return stats;
    }

    public async Task<long> ReindexAsync(CancellationToken cancellationToken) =>
        await _engine.RebuildIndexAsync(cancellationToken);

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LastAsync(
        QueueName queue, MessageState state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var snapshot in await _engine.BrowseAsync(queue, state, Math.Min(Newest, _options.MaxBatch), cancellationToken))
            yield return Bytes(buffer => JsonText.Write(buffer, snapshot, MessageJson.Write));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ListenAsync(
        QueueName queue, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var consumer = await _engine.SubscribeAsync(queue, new LiveConsumerOptions { ResumeAfter = after }, cancellationToken)
            ?? throw new VerbException(
                $"The queue {queue} must have at most {_options.MaxConsumers} live consumers in a process, "
                + "and has as many. Try again when one has left.");
        await foreach (var live in consumer.Events.ReadAllAsync(cancellationToken))
        {
            if (live.Missed > 0) yield return Bytes(buffer => LiveJson.WriteMissed(buffer, live.Missed));
            if (live.Message is not { } message) continue;
            yield return Bytes(buffer => LiveJson.Write(buffer, message, receipt: false));
            consumer.Delivered(message);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static ReadOnlyMemory<byte> Bytes(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return buffer.WrittenMemory;
    }
}
