using RestMq.Stores;

namespace RestMq.Model;

/// <summary>Holds a message of the model.</summary>
internal sealed class PlainMessage
{
    public required long Id { get; init; }

    public required MessageBody Body { get; init; }

    public required DateTimeOffset Added { get; init; }

    public DateTimeOffset? Dies { get; set; }

    /// <summary>Gets or sets the end of a lease or a delay.</summary>
    public DateTimeOffset Due { get; set; }

    /// <summary>Gets or sets the number of deliveries that have ended since the last redrive.</summary>
    public long Past { get; set; }

    /// <summary>Gets or sets the number of redrives.</summary>
    public long Redrives { get; set; }

    /// <summary>
    /// Gets the number of the current delivery, or of the next one. It grows with each delivery and each redrive.
    /// </summary>
    public long Fence => FencesBefore + Past + 1;

    public long FencesBefore => Redrives * DeliveryNumbers.PerRedrive;

    /// <summary>Gets or sets whether the message was delivered before and therefore stands at the head.</summary>
    public bool IsBack { get; set; }

    public string? Reason { get; set; }
}

/// <summary>
/// Models a queue with plain lists. It is written to be read beside docs/explanation/architecture.md, not to be fast.
/// It moves all due messages at once. The contract suite verifies that the stores move a hundred at a time.
/// </summary>
internal sealed class ModelQueue(QueueName name, long lastId, long lastSequence, TimeSpan idempotencyWindow, TimeProvider time)
{
    private readonly long _firstId = lastId;
    private readonly List<PlainMessage> _ready = [];
    private readonly List<PlainMessage> _leased = [];
    private readonly List<PlainMessage> _delayed = [];
    private readonly List<PlainMessage> _dead = [];
    private readonly List<QueueMessage> _log = [];
    private readonly Dictionary<string, (long Id, DateTimeOffset Until)> _once = [];
    private DateTimeOffset _logEnds;
    private long _settled;
    private long _expired;

    public long LastId { get; private set; } = lastId;

    public long LastSequence { get; private set; } = lastSequence;

    public QueueSettings Settings { get; private set; } = new();

    /// <summary>
    /// Gets whether a message is ready, and when the next one becomes due by itself. A waiter needs to know both.
    /// </summary>
    public (bool HasReady, DateTimeOffset? Due) Outlook => (_ready.Any(message => !IsOver(message)), Now + Next());

    private DateTimeOffset Now => time.GetUtcNow();

    private IEnumerable<PlainMessage> All => [.. _ready, .. _leased, .. _delayed, .. _dead];

    private LiveState Live => new(Settings.Policy, Settings.Stopped);

    public AddResult[] Add(IReadOnlyList<NewMessage> messages, bool allOrNothing)
    {
        DropTheDead();
        // Duplicates of earlier messages, or of messages in the same batch, need no room.
        var (named, unnamed) = (messages.Where(m => m.IdempotencyKey is not null).Select(m => m.IdempotencyKey!).Distinct(), messages.Count(m => m.IdempotencyKey is null));
        var full = allOrNothing && All.Count() + unnamed + named.Count(once => !IsKnown(once)) > Settings.MaxLength;
        return [.. messages.Select(message => Add(message, full))];
    }

    public LeasedBatch Lease(IReadOnlyList<LeaseRequest> requests)
    {
        MoveDue();
        var given = new List<QueueMessage>();
        var wanted = 0;
        foreach (var request in requests)
        {
            var pausedForLive = (request.Live || request.Held) && Settings.Stopped;
            var othersBusiness = request is { Live: true, Held: false } && Settings.Policy != QueuePolicy.RoundRobin;
            if (pausedForLive || othersBusiness) continue;
            wanted += request.Count;
            foreach (var message in _ready.Take(request.Count).ToArray())
            {
                Move(message, _leased);
                message.Due = Now + request.Lease;
                given.Add(Told(message, message.Past + 1));
            }
        }
        return new LeasedBatch(given, given.Count < wanted ? Next() : null, Live);
    }

    public SettleResult[] Settle(IReadOnlyList<Settlement> settlements)
    {
        return [.. settlements.Select(Settle)];
    }

    public bool[] Holds(IReadOnlyList<Receipt> receipts) =>
        [.. receipts.Select(receipt => _leased.Any(m => m.Id == receipt.Key.Id && m.Fence == receipt.Fence && m.Due > Now))];

    public QueueMessage? PeekHead(bool countsDelivery)
    {
        MoveDue();
        if (_ready is not [var head, ..]) return null;
        if (!countsDelivery) return Told(head, head.Past);
        ToHead(head);
        return Told(head, ++head.Past);
    }

    public BroadcastBatch Broadcast(BroadcastRequest request)
    {
        MoveDue();
        if (_logEnds <= Now) _log.Clear();
        var after = Math.Min(request.After ?? LastSequence, LastSequence);
        var moves = Settings is { Policy: QueuePolicy.Broadcast, Stopped: false } ? _ready.Take(request.Move).ToArray() : [];
        foreach (var message in moves)
        {
            _log.Add(Told(message, message.Past + 1) with { Sequence = ++LastSequence });
            _logEnds = Now + TimeSpan.FromHours(1);
            Delete(message);
            _settled++;
        }
        var read = _log.Where(message => message.Sequence > after).Take(request.Read).ToArray();
        TrimLog();
        var more = moves.Length > 0 && moves.Length == request.Move && _ready.Count > 0;
        return new BroadcastBatch(read, after, LastSequence, more ? TimeSpan.Zero : Next(), Live, moves.Length);
    }

    public MessageSnapshot? Peek(long id) =>
        All.FirstOrDefault(message => message.Id == id) is { } found && !(IsOver(found) && MayDie(found)) ? Snapshot(found) : null;

    public IReadOnlyList<MessageSnapshot> Browse(MessageState state, int count)
    {
        MoveDue();
        var oldestFirst = state switch
        {
            MessageState.Leased => _leased.OrderBy(m => m.Due).ThenBy(m => m.Id),
            MessageState.Delayed => _delayed.OrderBy(m => m.Due).ThenBy(m => m.Id),
            MessageState.Dead => _dead,
            _ => _ready.AsEnumerable(),
        };
        return [.. oldestFirst.Reverse().Take(count).Select(Snapshot)];
    }

    public QueueSettings Configure(QueueSettingsChange change)
    {
        Settings = new QueueSettings
        {
            Policy = change.Policy ?? Settings.Policy,
            Stopped = change.Stopped ?? Settings.Stopped,
            MaxReceives = change.MaxReceives ?? Settings.MaxReceives,
            MaxLength = change.MaxLength == 0 ? null : change.MaxLength ?? Settings.MaxLength,
            TimeToLive = change.TimeToLive == TimeSpan.Zero ? null : change.TimeToLive ?? Settings.TimeToLive,
            History = change.History ?? Settings.History,
            HistoryBytes = change.HistoryBytes ?? Settings.HistoryBytes,
            Durability = change.Durability ?? Settings.Durability,
        };
        TrimLog();
        return Settings;
    }

    public long Redrive()
    {
        var dead = _dead.ToArray();
        foreach (var message in dead) Redrive(message);
        return dead.Length;
    }

    public bool Redrive(long id)
    {
        if (_dead.FirstOrDefault(message => message.Id == id) is not { } dead) return false;
        Redrive(dead);
        return true;
    }

    public Purged Purge(MessageState state)
    {
        MoveDue();
        var place = state switch { MessageState.Leased => _leased, MessageState.Delayed => _delayed, MessageState.Dead => _dead, _ => _ready };
        var count = place.Count;
        place.Clear();
        return new Purged(count, false);
    }

    public QueueStats Stats()
    {
        MoveDue();
        return new QueueStats(name, Settings)
        {
            Ready = _ready.Count,
            Leased = _leased.Count,
            Delayed = _delayed.Count,
            Dead = _dead.Count,
            TotalAdded = LastId - _firstId,
            TotalSettled = _settled,
            TotalExpired = _expired,
            OldestAge = _ready is [var head, ..] ? Now - head.Added : null,
        };
    }

    private AddResult Add(NewMessage message, bool full)
    {
        if (message.IdempotencyKey is { } known && IsKnown(known)) return new AddResult(AddStatus.Duplicate, new MessageKey(name, _once[known].Id));
        if (full || All.Count() >= Settings.MaxLength) return new AddResult(AddStatus.Full, new MessageKey(name, 0));

        var added = new PlainMessage
        {
            Id = ++LastId,
            Body = message.Body,
            Added = Now,
            Dies = Now + (message.TimeToLive ?? Settings.TimeToLive),
            Due = Now + message.Delay,
        };
        (message.Delay > TimeSpan.Zero ? _delayed : _ready).Add(added);
        if (message.IdempotencyKey is { } once) _once[once] = (added.Id, Now + idempotencyWindow);
        return new AddResult(AddStatus.Added, new MessageKey(name, added.Id));
    }

    private SettleResult Settle(Settlement settlement)
    {
        var (id, fence) = (settlement.Receipt.Key.Id, settlement.Receipt.Fence);
        if (All.FirstOrDefault(m => m.Id == id) is not { } message) return SettleResult.Unknown;
        var mine = _leased.Contains(message) && fence == message.Fence;
        var delete = fence == 0 && settlement.Action == SettleAction.Ack;
        if (!mine && !delete) return SettleResult.Stale;

        switch (settlement.Action)
        {
            case SettleAction.Ack:
                Delete(message);
                _settled++;
                break;
            case SettleAction.Extend:
                message.Due = Now + settlement.Time;
                break;
            case SettleAction.Release:
                GiveBack(message, settlement.Time, counts: true);
                break;
            case SettleAction.Return:
                GiveBack(message, TimeSpan.Zero, counts: false);
                break;
            default:
                message.Past++;
                Bury(message, settlement.Reason ?? "");
                break;
        }
        return SettleResult.Done;
    }

    // Drops expired messages. Then returns ended leases, lowest id first, and ended delays, earliest due time first.
    private void MoveDue()
    {
        DropTheDead();
        foreach (var message in _leased.Where(m => m.Due <= Now).OrderBy(m => m.Id).ToArray()) GiveBack(message, TimeSpan.Zero, counts: true);
        foreach (var message in _delayed.Where(m => m.Due <= Now).OrderBy(m => m.Due).ThenBy(m => m.Id).ToArray())
        {
            if (message.Past > 0) ToHead(message); else Move(message, _ready);
        }
    }

    private void GiveBack(PlainMessage message, TimeSpan pause, bool counts)
    {
        if (counts) message.Past++;
        if (IsOver(message))
        {
            Delete(message);
            _expired++;
        }
        else if (counts && message.Past >= Settings.MaxReceives)
        {
            Bury(message, $"max_receives ({Settings.MaxReceives}) reached");
        }
        else if (pause > TimeSpan.Zero)
        {
            Move(message, _delayed);
            message.Due = Now + pause;
        }
        else
        {
            ToHead(message);
        }
    }

    private void Redrive(PlainMessage dead)
    {
        dead.Past = 0;
        dead.Redrives++;
        dead.Dies = null;
        Move(dead, _ready);
    }

    // Messages at the head are ordered by id.
    private void ToHead(PlainMessage message)
    {
        Delete(message);
        message.IsBack = true;
        _ready.Insert(_ready.TakeWhile(other => other.IsBack && other.Id < message.Id).Count(), message);
    }

    private void Bury(PlainMessage message, string reason)
    {
        message.Reason = reason;
        Move(message, _dead);
    }

    private void Move(PlainMessage message, List<PlainMessage> place)
    {
        Delete(message);
        message.IsBack = false;
        place.Add(message);
    }

    private void Delete(PlainMessage message) => _ = _ready.Remove(message) || _leased.Remove(message) || _delayed.Remove(message) || _dead.Remove(message);

    private void DropTheDead() => _expired += _ready.RemoveAll(IsOver) + _delayed.RemoveAll(IsOver);

    private void TrimLog()
    {
        while (_log.Count > Settings.History || _log.Sum(message => (long)message.Body.Bytes.Length) > Settings.HistoryBytes) _log.RemoveAt(0);
    }

    private bool IsKnown(string once) => _once.TryGetValue(once, out var first) && first.Until > Now;

    private bool IsOver(PlainMessage message) => message.Dies <= Now;

    // A leased message may still be settled, and a dead letter does not expire.
    private bool MayDie(PlainMessage message) => _ready.Contains(message) || _delayed.Contains(message);

    private TimeSpan? Next() => _leased.Concat(_delayed).Min(message => (TimeSpan?)(message.Due - Now));

    private QueueMessage Told(PlainMessage message, long count) =>
        new(new MessageKey(name, message.Id), message.Body, count, message.Added) { FencesBefore = message.FencesBefore };

    private MessageSnapshot Snapshot(PlainMessage message) =>
        _leased.Contains(message) ? new(Told(message, message.Past + 1), MessageState.Leased, message.Due, null)
        : _delayed.Contains(message) ? new(Told(message, message.Past), MessageState.Delayed, message.Due, null)
        : _dead.Contains(message) ? new(Told(message, message.Past), MessageState.Dead, null, message.Reason)
        : new(Told(message, message.Past), MessageState.Ready, null, null);
}
