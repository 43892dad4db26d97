using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>
/// Implements one queue in memory. Callers must hold <see cref="Gate"/>. This file implements the operations of the
/// store. <c>.States</c> holds the messages by state and moves due messages. <c>.History</c> broadcasts.
/// </summary>
internal sealed partial class MemoryQueue(QueueName name, long lastId, long lastSequence, TimeSpan idempotencyWindow, MemoryBudget budget)
{
    private static readonly QueueSettings Defaults = new();

    private readonly long _firstId = lastId;
    // The messages that were added under idempotency keys, and the keys by the time until which they are remembered.
    private readonly Dictionary<string, (long Id, uint? Fingerprint)> _once = [];
    private readonly PriorityQueue<string, long> _onceUntil = new();

    private long _settled;
    private long _expired;

    public QueueName Name => name;

    public Lock Gate { get; } = new();

    /// <summary>
    /// Gets or sets whether the queue was purged. A caller that got the queue before the purge and the gate after it
    /// must look the name up again.
    /// </summary>
    public bool Retired { get; set; }

    /// <summary>
    /// Gets or sets what tells the store that it watches this queue, and not an earlier one of the name. Null while the
    /// store does not watch the queue, to drop it when it has been empty for a while.
    /// </summary>
    public object? Watch { get; set; }

    /// <summary>Gets the time of the last add, settlement or change, on the store's clock.</summary>
    public long UsedAt { get; private set; }

    /// <summary>Gets the bytes that the queue takes in memory.</summary>
    public long Cost { get; private set; } = MemoryCosts.Queue + (2 * MemoryCosts.Of(name.Value));

    /// <summary>Gets or sets the part of <see cref="Cost"/> that the budget has counted.</summary>
    public long CountedCost { get; set; }

    /// <summary>Gets whether the queue could be made again, so that only its counters need to be kept.</summary>
    public bool IsEmpty => _messages.Count == 0 && _once.Count == 0 && _log.Count == 0;

    public bool HasMessages => _messages.Count > 0;

    /// <summary>Gets whether all settings are the defaults.</summary>
    public bool HasDefaults => Settings == Defaults;

    public long LastId { get; private set; } = lastId;

    public long LastSequence { get; private set; } = lastSequence;

    public QueueSettings Settings { get; private set; } = new();

    private LiveState Live => new(Settings.Policy, Settings.Stopped);

    /// <summary>
    /// Adds messages. Returns null, and adds none, when the budget has no room for all of them.
    /// </summary>
    public AddResult[]? Add(IReadOnlyList<NewMessage> messages, bool allOrNothing, long now)
    {
        Sweep(now, deaths: 2 * StoreLimits.Expired); // More messages than one call can add.
        if (!HasRoom(messages)) return null;
        UsedAt = now;
        var limit = allOrNothing && _messages.Count + messages.Count > Settings.MaxLength && _messages.Count + NewOnes(messages) > Settings.MaxLength
            ? 0
            : Settings.MaxLength;
        if (allOrNothing && messages.Any(message => Earlier(message) is { IsOther: true })) limit = 0; // As in a full queue, nothing is added.
        var results = new AddResult[messages.Count];
        for (var i = 0; i < results.Length; i++) results[i] = Add(messages[i], limit, now);
        return results;
    }

    public LeasedBatch Lease(IReadOnlyList<LeaseRequest> requests, long now)
    {
        MoveDue(now);
        var wanted = 0L;
        for (var i = 0; i < requests.Count; i++) wanted += ShareOf(requests[i]);

        var more = false;
        var messages = new List<QueueMessage>((int)Math.Min(wanted, ReadyCount));
        var bytesLeft = StoreLimits.ReplyBytes;
        for (var i = 0; i < requests.Count; i++)
        {
            var due = now + requests[i].Lease.Ticks;
            if (requests[i].Held) _watchedUntil = Math.Max(_watchedUntil, due + requests[i].Lease.Ticks);
            var bytes = requests[i] is { Live: false, Held: false } ? bytesLeft : Math.Min(bytesLeft, requests[i].Bytes);
            var left = ShareOf(requests[i]);
            for (; left > 0 && bytes > 0 && Head(now) is { } head; left--)
            {
                Put(head, MessageState.Leased, due);
                messages.Add(head.ToQueueMessage(name, head.Past + 1));
                bytes -= head.Size;
                bytesLeft -= head.Size;
            }
            more |= left > 0 && ReadyCount > 0;
        }
        var next = NextDue(now);
        return new LeasedBatch(
            messages, more ? TimeSpan.Zero : messages.Count < wanted ? next : null, Live, More: _ready.Count > 0 || next == TimeSpan.Zero, next);
    }

    public SettleResult[] Settle(IReadOnlyList<Settlement> settlements, long now)
    {
        var results = new SettleResult[settlements.Count];
        for (var i = 0; i < results.Length; i++) results[i] = Settle(settlements[i], now);
        UsedAt = now;
        return results;
    }

    public bool[] Holds(IReadOnlyList<Receipt> receipts, long now) => [.. receipts.Select(
        receipt => _messages.TryGetValue(receipt.Key.Id, out var message)
            && message.State is MessageState.Leased && message.Due > now && message.Past + 1 == receipt.Fence)];

    public QueueMessage? PeekHead(bool countsDelivery, long now)
    {
        MoveDue(now);
        if (Head(now) is not { } head) return null;
        if (!countsDelivery) return head.ToQueueMessage(name, head.Past);
        PutAtHead(head);
        return head.ToQueueMessage(name, ++head.Past);
    }

    public MessageSnapshot? Peek(long id, long now)
    {
        if (!_messages.TryGetValue(id, out var message)) return null;
        return message.Dies <= now && MayDie(message) ? null : message.ToSnapshot(name);
    }

    public IReadOnlyList<MessageSnapshot> Last(MessageState state, int count, long now)
    {
        MoveDue(now);
        var newestFirst = state switch
        {
            MessageState.Leased => _leased.Reverse(),
            MessageState.Delayed => _delayed.Reverse(),
            MessageState.Dead => _dead.FromLast(),
            _ => _ready.FromLast().Concat(_back.Reverse()),
        };
        var found = new List<MessageSnapshot>();
        var bytesLeft = StoreLimits.ReplyBytes;
        foreach (var message in newestFirst.Take(count))
        {
            found.Add(message.ToSnapshot(name));
            if ((bytesLeft -= message.Size) <= 0) break;
        }
        return found;
    }

    public QueueSettings Configure(QueueSettingsChange change)
    {
        Settings = new QueueSettings
        {
            Policy = change.Policy ?? Settings.Policy,
            Stopped = change.Stopped ?? Settings.Stopped,
            MaxReceives = change.MaxReceives ?? Settings.MaxReceives,
            MaxLength = change.MaxLength is { } length ? (length == 0 ? null : length) : Settings.MaxLength,
            TimeToLive = change.TimeToLive is { } life ? (life == TimeSpan.Zero ? null : life) : Settings.TimeToLive,
            History = change.History ?? Settings.History,
            HistoryBytes = change.HistoryBytes ?? Settings.HistoryBytes,
            Durability = change.Durability ?? Settings.Durability,
        };
        TrimLog();
        _changed = true;
        return Settings;
    }

    public long Redrive()
    {
        var count = 0;
        for (; count < StoreLimits.Moved && _dead.First is { } dead; count++) Redrive(dead);
        return count;
    }

    public bool Redrive(long id)
    {
        if (!_messages.TryGetValue(id, out var message) || message.State is not MessageState.Dead) return false;
        Redrive(message);
        return true;
    }

    public Purged Purge(MessageState state, long now)
    {
        MoveDue(now);
        long count = 0;
        // Due messages that MoveDue left for the next call count as messages of their next state. A purge of the ready
        // messages must come again for them.
        for (; count < StoreLimits.Purged && Next(state, now) is { } message; count++)
        {
            if (state is MessageState.Leased) TellEnd(message, now);
            Delete(message);
        }
        return new Purged(count, count == StoreLimits.Purged || (state is MessageState.Ready && NextDue(now) == TimeSpan.Zero));
    }

    public QueueStats Stats(long now)
    {
        MoveDue(now);
        return new QueueStats(name, Settings)
        {
            Ready = ReadyCount,
            Leased = _leased.Count,
            Delayed = _delayed.Count,
            Dead = _dead.Count,
            TotalAdded = LastId - _firstId,
            TotalSettled = _settled,
            TotalExpired = _expired,
            OldestAge = First is { } head ? TimeSpan.FromTicks(now - head.Added) : null,
        };
    }

    // Returns how many messages a request may get. Requests of live consumers get none while the queue is stopped.
    // Those under the queue's policy also get none under broadcast.
    private int ShareOf(in LeaseRequest request) => request switch
    {
        { Held: true } => Settings.Stopped ? 0 : request.Count,
        { Live: true } => Settings is { Stopped: false, Policy: QueuePolicy.RoundRobin } ? request.Count : 0,
        _ => request.Count,
    };

    private void Redrive(MemoryMessage dead)
    {
        // A redriven message has no time to live, because that limited the wait for the first attempt.
        dead.Past = DeliveryNumbers.Redriven(dead.Past);
        dead.Dies = MemoryMessage.Never;
        Put(dead, MessageState.Ready);
        _changed = true;
    }

    // Returns whether the budget has room for the messages. Duplicates of earlier messages need none.
    private bool HasRoom(IReadOnlyList<NewMessage> messages)
    {
        var room = budget.Limit - budget.Used - (Cost - CountedCost);
        for (var i = 0; i < messages.Count; i++)
        {
            var key = messages[i].IdempotencyKey;
            if (key is not null && _once.ContainsKey(key)) continue;
            room -= MemoryCosts.Of(messages[i]) + (key is null ? 0 : MemoryCosts.OfIdempotencyKey(key));
            if (room < 0) return false;
        }
        return true;
    }

    // Returns how many of the messages need a free place. Duplicates of earlier messages or of each other need none.
    private int NewOnes(IReadOnlyList<NewMessage> messages)
    {
        var keys = new HashSet<string>();
        return messages.Count(message => message.IdempotencyKey is not { } key || (!_once.ContainsKey(key) && keys.Add(key)));
    }

    // Returns the message that was added under the same idempotency key, and whether it was another message.
    private (long Id, bool IsOther)? Earlier(in NewMessage message) => message.IdempotencyKey is { } key && _once.TryGetValue(key, out var first)
        ? (first.Id, first.Fingerprint is { } known && message.Fingerprint is { } own && known != own)
        : null;

    private AddResult Add(in NewMessage message, long? limit, long now)
    {
        if (Earlier(message) is { } earlier)
            return new AddResult(earlier.IsOther ? AddStatus.KeyReused : AddStatus.Duplicate, new MessageKey(name, earlier.Id));
        if (_messages.Count >= limit) return new AddResult(AddStatus.Full, new MessageKey(name, 0));

        var dies = (message.TimeToLive ?? Settings.TimeToLive) is { } life ? now + life.Ticks : MemoryMessage.Never;
        var added = new MemoryMessage(++LastId, MemoryCosts.WithOwnBody(message), now, dies);
        _messages.Add(added.Id, added);
        Cost += added.Cost;
        if (message.IdempotencyKey is { } once)
        {
            _once.Add(once, (added.Id, message.Fingerprint));
            _onceUntil.Enqueue(once, now + (message.IdempotencyWindow ?? idempotencyWindow).Ticks);
            Cost += MemoryCosts.OfIdempotencyKey(once);
        }
        // Waiters have found no ready message, so only the first ready message after that needs a wake-up.
        _changed |= ReadyCount == 0 || message.Delay > TimeSpan.Zero;
        if (message.Delay > TimeSpan.Zero) Enter(added, MessageState.Delayed, now + message.Delay.Ticks);
        else Enter(added, MessageState.Ready);
        return new AddResult(AddStatus.Added, new MessageKey(name, added.Id));
    }

    private SettleResult Settle(in Settlement settlement, long now)
    {
        if (!_messages.TryGetValue(settlement.Receipt.Key.Id, out var message)) return SettleResult.Unknown;
        var fence = settlement.Receipt.Fence;
        var holds = fence == 0
            ? settlement.Action is SettleAction.Ack
            : message.State is MessageState.Leased && fence == message.Past + 1;
        if (!holds) return SettleResult.Stale;
        // A returned delivery is not named. Its number is given again, and the wake-up may arrive after that delivery.
        if (message.State is MessageState.Leased && settlement.Action is not (SettleAction.Extend or SettleAction.Return)) TellEnd(message, now);

        switch (settlement.Action)
        {
            case SettleAction.Ack:
                Delete(message);
                _settled++;
                break;
            case SettleAction.Extend:
                var due = now + settlement.Time.Ticks;
                _changed |= due < message.Due;
                Put(message, MessageState.Leased, due);
                break;
            case SettleAction.Release:
                GiveBack(message, now, settlement.Time, counted: true);
                break;
            case SettleAction.Return:
                GiveBack(message, now, TimeSpan.Zero, counted: false);
                break;
            case SettleAction.Bury:
                message.Past++;
                Bury(message, settlement.Reason ?? "");
                break;
            default:
                throw new ArgumentOutOfRangeException(
                    nameof(settlement), settlement.Action, "'Action' must be a value of SettleAction.");
        }
        return SettleResult.Done;
    }
}
