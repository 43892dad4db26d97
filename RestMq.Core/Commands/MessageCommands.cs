using RestMq.Wire;

namespace RestMq.Commands;

/// <summary>Executes the commands on messages.</summary>
internal sealed class MessageCommands(IQueueEngine engine, RestMqOptions options)
{
    // The lease of a command that names none: 30 seconds, or the host's maximum if that is shorter.
    private readonly TimeSpan _defaultLease = TimeSpan.FromSeconds(Math.Min(30, options.MaxLease.TotalSeconds));

    public async ValueTask AddAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        if (request.Has("values"))
        {
            var bodies = request.Values(options.MaxBatch);
            var shared = OptionsOf(request); // Once, because a command may have many fields.
            var messages = bodies.ConvertAll(body => With(body, shared));
            if (bodies.Sum(body => (long)body.Bytes.Length) is var bytes && bytes > options.MaxBatchBytes)
            {
                throw new TooLargeException(
                    $"'values' must have at most {options.MaxBatchBytes} bytes, but has {bytes}.");
            }
            reply.Queue(queue);
            var results = await engine.AddAsync(queue, messages, cancellationToken).ConfigureAwait(false);
            if (results.Any(result => result.Status == AddStatus.Full)) reply.Fail("queue full");
            else reply.List("keys", results.Select(result => result.Key.ToString()));
            return;
        }
        var message = With(request.Value(), OptionsOf(request));
        var added = await engine.AddAsync(queue, message, cancellationToken).ConfigureAwait(false);
        if (added.Status is AddStatus.Full or AddStatus.KeyReused)
        {
            reply.Fail(added.Status is AddStatus.Full ? "queue full" : $"'id' was used before with another message, which is {added.Key}. Nothing was added.");
            return;
        }
        reply.Queue(queue);
        MessageJson.WriteBody(reply.Writer, message.Body);
        reply.Writer.WriteString("key", added.Key.ToString());
    }

    public async ValueTask GetAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        Write(reply, queue, await engine.PeekHeadAsync(queue, cancellationToken).ConfigureAwait(false), receipt: false);
    }

    public async ValueTask TakeAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        // The message is leased, so that it is not lost if the reply cannot be sent. The sender of the reply settles
        // it.
        var found = await engine.LeaseAsync([queue], 1, options.TakeLease, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        reply.Taken = found.FirstOrDefault();
        Write(reply, queue, reply.Taken, receipt: false);
    }

    public async ValueTask LeaseAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var queue = request.Queue;
        var lease = request.Number("lease") is { } seconds ? RequestLimits.Lease(seconds, options) : _defaultLease;
        var found = await engine.LeaseAsync([queue], 1, lease, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        (reply.Taken, reply.IsLeased) = (found.FirstOrDefault(), true);
        Write(reply, queue, reply.Taken, receipt: true);
    }

    public async ValueTask DeleteAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken)
    {
        var receipt = request.KeyOrReceipt();
        var result = await engine.SettleAsync(new Settlement(receipt, SettleAction.Ack), cancellationToken).ConfigureAwait(false);
        reply.Queue(receipt.Key.Queue);
        reply.Writer.WriteString("key", receipt.Key.ToString());
        reply.Writer.WriteBoolean("deleted", result == SettleResult.Done);
    }

    public ValueTask ExtendAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken) =>
        SettleAsync(request, reply, SettleAction.Extend, "extended", RequestLimits.Lease(request.Number("lease") ?? _defaultLease.TotalSeconds, options), cancellationToken);

    public ValueTask ReleaseAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken) =>
        SettleAsync(request, reply, SettleAction.Release, "released", RequestLimits.Delay(request.Number("delay") ?? 0, options), cancellationToken);

    public ValueTask BuryAsync(CommandRequest request, CommandReply reply, CancellationToken cancellationToken) =>
        SettleAsync(request, reply, SettleAction.Bury, "buried", TimeSpan.Zero, cancellationToken);

    private async ValueTask SettleAsync(
        CommandRequest request, CommandReply reply, SettleAction action, string done, TimeSpan time, CancellationToken cancellationToken)
    {
        var receipt = request.Receipt();
        var settlement = new Settlement(receipt, action) { Time = time, Reason = request.Text("reason") is { } reason ? RequestLimits.Reason(reason) : null };
        var result = await engine.SettleAsync(settlement, cancellationToken).ConfigureAwait(false);
        reply.Queue(receipt.Key.Queue);
        reply.Writer.WriteString("receipt", receipt.ToString());
        reply.Writer.WriteBoolean(done, result == SettleResult.Done);
    }

    private NewMessage With(MessageBody body, NewMessage shared) => body.Bytes.Length <= options.MaxMessageBytes
        ? shared with { Body = body, Fingerprint = shared.IdempotencyKey is null ? null : Fingerprint.Of(body) }
        : throw new TooLargeException(
            $"A message must have at most {options.MaxMessageBytes} bytes, but has {body.Bytes.Length}.");

    // Reads everything about a message but its body.
    private NewMessage OptionsOf(CommandRequest request) => new()
    {
        Delay = request.Number("delay") is { } delay ? RequestLimits.Delay(delay, options) : TimeSpan.Zero,
        TimeToLive = request.Number("ttl") is { } ttl ? RequestLimits.TimeToLive(ttl, options) : null,
        IdempotencyKey = request.Text("id") is { } id ? RequestLimits.IdempotencyKey(id) : null,
        IdempotencyWindow = request.Number("id_ttl") is { } window ? RequestLimits.IdempotencyWindow(window, options) : null,
        Durability = request.Text("durability") is { } durability ? WireNames.Durability(durability) : null,
    };

    private static void Write(CommandReply reply, QueueName queue, QueueMessage? message, bool receipt)
    {
        if (message is null)
        {
            reply.Fail("empty queue");
            return;
        }
        reply.Queue(queue);
        MessageJson.WriteMembers(reply.Writer, message, receipt);
    }
}
