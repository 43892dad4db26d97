using CsCheck;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>
/// Generates random sequences of commands. The generators choose from few and small numbers. Commands therefore often
/// concern the same message, fall on the instant at which a time ends, or reach a limit. Leases, delays and times to
/// live last seconds or minutes. <see cref="PassTime"/> advances the time by the same durations, or by one millisecond.
/// </summary>
internal static class Commands
{
    private static readonly Gen<int> Queue = Gen.Frequency((4, Gen.Const(0)), (1, Gen.Const(1)));

    private static readonly Gen<int> Pick = Gen.Int[0, 20];

    private static readonly Gen<TimeSpan> Time = OneOf(Of(1), Of(60), Of(60), Of(120), Of(1200));

    private static readonly Gen<TimeSpan> Pause = Gen.Frequency((3, Gen.Const(TimeSpan.Zero)), (2, Time));

    private static readonly Gen<AddedMessage> AddedMessage = Gen.Select(
        Gen.Int[1, 9],
        Gen.Frequency((5, Gen.Const(TimeSpan.Zero)), (1, Time)),
        Gen.Frequency((4, Gen.Const((TimeSpan?)null)), (1, Time.Select(time => (TimeSpan?)time))),
        Gen.Frequency((5, Gen.Const((string?)null)), (1, OneOf<string?>("a", "b"))),
        (text, delay, ttl, once) => new AddedMessage(text, delay, ttl, once));

    private static readonly Gen<LeaseRequest> Request = Gen.Select(
        Gen.Int[1, 4], Time, Gen.Frequency((4, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Const(2))),
        (count, lease, whom) => new LeaseRequest(count, lease, Live: whom == 1, Held: whom == 2));

    private static readonly Gen<Fence> Fence = Gen.Frequency(
        (8, Gen.Const(Model.Fence.Right)), (1, Gen.Const(Model.Fence.Before)), (1, Gen.Const(Model.Fence.After)), (2, Gen.Const(Model.Fence.None)));

    private static readonly Gen<SettleAction> Action = Gen.Frequency(
        (4, Gen.Const(SettleAction.Ack)), (2, Gen.Const(SettleAction.Extend)), (5, Gen.Const(SettleAction.Release)),
        (2, Gen.Const(SettleAction.Return)), (2, Gen.Const(SettleAction.Bury)));

    private static readonly Gen<Settling> Settling = Gen.Select(
        Pick, Fence, Action, Pause, Time, OneOf<string?>(null, "", "a reason"),
        (pick, fence, action, pause, time, reason) => new Settling(
            pick, fence, action,
            action switch { SettleAction.Extend => time, SettleAction.Release => pause, _ => TimeSpan.Zero },
            action is SettleAction.Bury ? reason : null));

    private static readonly Gen<QueueSettingsChange> Change = Gen.OneOf(
        Gen.Enum<QueuePolicy>().Select(policy => new QueueSettingsChange { Policy = policy }),
        Gen.Bool.Select(stopped => new QueueSettingsChange { Stopped = stopped }),
        OneOf(1, 2, 3, 20).Select(receives => new QueueSettingsChange { MaxReceives = receives }),
        OneOf(0, 2, 5, 10).Select(length => new QueueSettingsChange { MaxLength = length }),
        OneOf(0, 1, 60).Select(ttl => new QueueSettingsChange { TimeToLive = Of(ttl) }),
        OneOf(0, 1, 3, 1000).Select(history => new QueueSettingsChange { History = history }),
        OneOf(0, 2, 30, 100_000).Select(bytes => new QueueSettingsChange { HistoryBytes = bytes }),
        Gen.Const(new QueueSettingsChange { Durability = Durability.Stored }),
        Gen.Const(new QueueSettingsChange()));

    private static readonly Gen<Command> One = Gen.Frequency(
        (20, Gen.Select(Queue, AddedMessage.Array[1, 4], Gen.Bool, Command (queue, messages, whole) => new Add(queue, messages, whole))),
        (18, Gen.Select(Queue, Request.Array[1, 3], Command (queue, requests) => new Exchange(queue, [], requests))),
        (18, Gen.Select(Queue, Settling.Array[1, 4], Command (queue, settlements) => new Exchange(queue, settlements, []))),
        (6, Gen.Select(Queue, Settling.Array[1, 3], Request.Array[1, 2], Command (queue, settlements, requests) => new Exchange(queue, settlements, requests))),
        (3, Gen.Select(Queue, Gen.Select(Pick, Fence).Array[1, 3], Command (queue, receipts) => new Holds(queue, receipts))),
        (4, Gen.Select(Queue, Gen.Bool, Command (queue, counts) => new PeekHead(queue, counts))),
        (6, Gen.Select(Queue, Pick, Command (queue, pick) => new Peek(queue, pick))),
        (5, Gen.Select(Queue, Gen.Enum<MessageState>(), OneOf(1, 3, 1000), Command (queue, state, count) => new Browse(queue, state, count))),
        (5, Gen.Select(Queue, OneOf<int?>(null, 0, 1, 3, 100), Gen.Int[0, 4], Gen.Int[0, 4],
            Command (queue, back, move, read) => new Broadcast(queue, back, move, read))),
        (1, Queue.Select(Command (queue) => new Purge(queue))),
        (6, Gen.Select(Queue, Change, Command (queue, change) => new Configure(queue, change))),
        (3, Queue.Select(Command (queue) => new Redrive(queue))),
        (2, Gen.Select(Queue, Pick, Command (queue, pick) => new RedriveOne(queue, pick))),
        (1, Gen.Select(Queue, Gen.Enum<MessageState>(), Command (queue, state) => new PurgePlace(queue, state))),
        (6, Queue.Select(Command (queue) => new Stats(queue))),
        (1, Gen.Const<Command>(new ListQueues())),
        (12, Gen.OneOf(Time, Time, Gen.Const(TimeSpan.FromMilliseconds(1))).Select(Command (time) => new PassTime(time))));

    /// <summary>Generates a sequence of 1 to 80 commands.</summary>
    public static readonly Gen<Command[]> Sequence = One.Array[1, 80];

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static TimeSpan Of(int seconds) => TimeSpan.FromSeconds(seconds);
}
