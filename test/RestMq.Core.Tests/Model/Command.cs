using System.Globalization;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>
/// Holds one call of a sequence as data, so that a sequence can be shortened and printed. <see cref="ToString"/>
/// returns one line.
/// </summary>
/// <param name="Queue">The index of the queue among the queues of the stage.</param>
internal abstract record Command(int Queue)
{
    /// <summary>Executes the call and returns its outcome as text.</summary>
    public abstract Task<string> PlayAsync(IQueueStore store, KnownMessages known);

    private protected static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}

internal sealed record PassTime(TimeSpan Time) : Command(0)
{
    public override Task<string> PlayAsync(IQueueStore store, KnownMessages known) => throw new NotSupportedException("Time passes on the stage, not in a store.");

    public override string ToString() => $"{Seconds(Time)} s pass";
}

internal sealed record Add(int Queue, AddedMessage[] Messages, bool Whole) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known)
    {
        var results = await store.AddAsync(known.Queue, [.. Messages.Select(message => message.Message)], Whole, default);
        known.Note(results);
        return Outcome.Of(results);
    }

    public override string ToString() => $"{Queue}: add {(Whole ? "whole " : "")}{Outcome.Join(Messages)}";
}

internal sealed record AddedMessage(int Text, TimeSpan Delay, TimeSpan? TimeToLive, string? Once)
{
    public NewMessage Message => new(MessageBody.FromText($"message {Text}")) { Delay = Delay, TimeToLive = TimeToLive, IdempotencyKey = Once };

    public override string ToString() =>
        $"{Text}{(Delay > TimeSpan.Zero ? $" delay {Delay.TotalSeconds}" : "")}{(TimeToLive is { } ttl ? $" ttl {ttl.TotalSeconds}" : "")}{(Once is null ? "" : $" once {Once}")}";
}

internal sealed record Exchange(int Queue, Settling[] Settlements, LeaseRequest[] Requests) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known)
    {
        Settlement[] settlements = [.. Settlements.Select(settling => settling.Settlement(known))];
        var exchanged = (Settlements.Length, Requests.Length) switch
        {
            (0, _) => new Exchanged([], await store.LeaseAsync(known.Queue, Requests, default)),
            (_, 0) => new Exchanged(await store.SettleAsync(known.Queue, settlements, default), default),
            _ => await store.ExchangeAsync(known.Queue, settlements, Requests, default),
        };
        if (Requests.Length == 0) return Outcome.Of(exchanged.Settled);
        known.Note(exchanged.Leased.Messages);
        return Outcome.Of(exchanged.Settled) + Outcome.Of(exchanged.Leased, live: Requests.Any(request => request.Live || request.Held));
    }

    public override string ToString() =>
        $"{Queue}:{(Settlements.Length == 0 ? "" : $" settle {Outcome.Join(Settlements)}")}{(Requests.Length == 0 ? "" : $" lease {Outcome.Join(Requests.Select(Line))}")}";

    private static string Line(LeaseRequest request) =>
        $"{request.Count} for {Seconds(request.Lease)}{(request.Live ? " live" : "")}{(request.Held ? " held" : "")}";
}

internal sealed record Settling(int Pick, Fence Fence, SettleAction Action, TimeSpan Time, string? Reason)
{
    public Settlement Settlement(KnownMessages known) => new(known.Receipt(Pick, Fence), Action) { Time = Time, Reason = Reason };

    public override string ToString() =>
        $"{Action} {Pick}{(Fence is Fence.Right ? "" : $" fence {Fence}")}{(Time > TimeSpan.Zero ? $" {Time.TotalSeconds} s" : "")}{(Reason is null ? "" : $" '{Reason}'")}";
}

internal sealed record Holds(int Queue, (int Pick, Fence Fence)[] Receipts) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) =>
        Outcome.Join(await store.HoldsAsync(known.Queue, [.. Receipts.Select(receipt => known.Receipt(receipt.Pick, receipt.Fence))], default));

    public override string ToString() => $"{Queue}: holds {Outcome.Join(Receipts)}";
}

internal sealed record PeekHead(int Queue, bool CountsDelivery) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) =>
        Outcome.Of(await store.PeekHeadAsync(known.Queue, CountsDelivery, default));

    public override string ToString() => $"{Queue}: peek head{(CountsDelivery ? "" : " softly")}";
}

internal sealed record Peek(int Queue, int Pick) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => Outcome.Of(await store.PeekAsync(known.Key(Pick), default));

    public override string ToString() => $"{Queue}: peek {Pick}";
}

internal sealed record Browse(int Queue, MessageState State, int Count) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => Outcome.Of(await store.BrowseAsync(known.Queue, State, Count, default));

    public override string ToString() => $"{Queue}: last {Count} {State}";
}

internal sealed record Broadcast(int Queue, int? Back, int Move, int Read) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known)
    {
        var end = (await store.BroadcastAsync(known.Queue, new BroadcastRequest(null, 0, 0), default)).Last;
        return Outcome.Of(await store.BroadcastAsync(known.Queue, new BroadcastRequest(Back is { } back ? Math.Max(end - back, 0) : null, Move, Read), default));
    }

    public override string ToString() => $"{Queue}: broadcast{(Back is { } back ? $" from {back} before the end" : "")}, move {Move}, read {Read}";
}

internal sealed record Purge(int Queue) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => $"{await store.DeleteQueueAsync(known.Queue, default)}";

    public override string ToString() => $"{Queue}: purge";
}

internal sealed record PurgePlace(int Queue, MessageState State) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => $"{await store.PurgeAsync(known.Queue, State, default)}";

    public override string ToString() => $"{Queue}: purge {State}";
}

internal sealed record RedriveOne(int Queue, int Pick) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => $"{await store.RedriveAsync(known.Key(Pick), default)}";

    public override string ToString() => $"{Queue}: redrive {Pick}";
}

internal sealed record Configure(int Queue, QueueSettingsChange Change) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => $"{await store.ConfigureAsync(known.Queue, Change, default)}";

    public override string ToString() => $"{Queue}: {Change}";
}

internal sealed record Redrive(int Queue) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => $"{await store.RedriveAsync(known.Queue, default)}";

    public override string ToString() => $"{Queue}: redrive";
}

internal sealed record Stats(int Queue) : Command(Queue)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => Outcome.Of(await store.StatsAsync(known.Queue, default));

    public override string ToString() => $"{Queue}: stats";
}

internal sealed record ListQueues() : Command(0)
{
    public override async Task<string> PlayAsync(IQueueStore store, KnownMessages known) => Outcome.Join(await store.ListAsync(null, 1000, default));

    public override string ToString() => "list";
}
