using RestMq.Wire;

namespace RestMq.Commands;

/// <summary>Executes the commands on queues.</summary>
internal sealed class QueueCommands(IQueueEngine engine, RestMqOptions options)
{
    public async ValueTask LengthAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        var length = await engine.LengthAsync(queue, cancellationToken).ConfigureAwait(false);
        reply.Queue(queue);
        reply.Writer.WriteNumber("len", length);
    }

    public async ValueTask PurgeAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        if (request.Text("state") is { } state)
        {
            var count = await engine.PurgeAsync(queue, WireNames.State(state), cancellationToken).ConfigureAwait(false);
            reply.Queue(queue);
            reply.Writer.WriteBoolean("purged", count > 0);
            reply.Writer.WriteNumber("count", count);
            return;
        }
        var purged = await engine.DeleteQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        reply.Queue(queue);
        reply.Writer.WriteBoolean("purged", purged);
    }

    public async ValueTask PolicyAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        var policy = request.Text("policy") is { } name ? WireNames.Policy(name) : (QueuePolicy?)null;
        var durability = request.Text("durability") is { } word ? WireNames.Durability(word) : (Durability?)null;
        var change = new QueueSettingsChange { Policy = policy, Durability = durability };
        var settings = await engine.ConfigureAsync(queue, change, cancellationToken).ConfigureAwait(false);
        reply.Queue(queue);
        reply.Writer.WriteString("policy", WireNames.Of(settings.Policy));
        // Clients of the original RestMQ expect a reply without `durability`, and never send it.
        if (durability is not null) reply.Writer.WriteString("durability", WireNames.Of(settings.Durability));
    }

    public ValueTask StartAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken) =>
        SwitchAsync(request, reply, stopped: false, cancellationToken);

    public ValueTask StopAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken) =>
        SwitchAsync(request, reply, stopped: true, cancellationToken);

    public async ValueTask RedriveAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        var moved = request.Has("key")
            ? await engine.RedriveAsync(request.Key(), cancellationToken).ConfigureAwait(false) ? 1 : 0
            : await engine.RedriveAsync(queue, cancellationToken).ConfigureAwait(false);
        reply.Queue(queue);
        reply.Writer.WriteNumber("redriven", moved);
    }

    public async ValueTask ListAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var after = request.Text("after") is { } name ? QueueName.Parse(name) : null;
        var max = request.Number("max") is { } number ? RequestLimits.Batch(number, options) : options.MaxBatch;
        // Asks for one name more than the page has, to learn whether there is another page.
        var queues = await engine.ListAsync(after, max + 1, cancellationToken).ConfigureAwait(false);
        var count = Math.Min(queues.Count, max);
        reply.List("queues", queues.Take(count).Select(queue => queue.Value));
        reply.Writer.WriteNumber("count", count);
        if (queues.Count > max) reply.Writer.WriteString("next", queues[max - 1].Value);
    }

    private async ValueTask SwitchAsync(CommandRequest request, CommandReply reply, bool stopped, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        var settings = await engine.ConfigureAsync(queue, new QueueSettingsChange { Stopped = stopped }, cancellationToken).ConfigureAwait(false);
        reply.Queue(queue);
        reply.Writer.WriteNumber("status", settings.Stopped ? 0 : 1);
    }
}
