using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RestMq.Engine;
using RestMq.Stores;

namespace RestMq.Delivery;

/// <summary>
/// Brings one queue's messages to its live consumers on this daemon. It runs while it has consumers; between steps it sleeps until a hint, a
/// due time, room in a consumer, or the slow poll. A store that is away stops it for a second, and loses nothing.
/// </summary>
internal sealed partial class QueuePump(QueueHub hub, IQueueStore store, RestMqOptions options, DeliveryPolicies policies, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan StoreAwayPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<LiveConsumer> _consumers = new();
    private readonly Dictionary<LiveConsumer, LinkedListNode<LiveConsumer>> _nodes = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private LiveState _settings;
    private Task? _running;
    private volatile bool _wantsRoom;
    private bool _closed;

    public QueueName Queue => hub.Queue;

    /// <summary>How far into the live log the consumers that keep up have been served; null before the log was met.</summary>
    public long? Front { get; set; }

    /// <summary>How many consumers there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _nodes.Count;
        }
    }

    /// <summary>Makes it look again.</summary>
    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Makes it look again if it stopped for want of room.</summary>
    public void RoomMade()
    {
        if (_wantsRoom) Signal();
    }

    /// <summary>Binds a consumer; null when there are as many as may be.</summary>
    public LiveConsumer? TryBind(LiveConsumerOptions wanted)
    {
        LiveConsumer consumer;
        lock (_lock)
        {
            if (_closed || _nodes.Count >= options.MaxConsumers) return null;
            consumer = new LiveConsumer(this, Queue, options.ConsumerBuffer, wanted.ResumeAfter);
            _nodes.Add(consumer, _consumers.AddLast(consumer));
            _running ??= Task.Run(RunAsync);
        }
        Signal();
        return consumer;
    }

    /// <summary>Takes a consumer away, and gives back what it was owed.</summary>
    public async ValueTask UnbindAsync(LiveConsumer consumer, IReadOnlyList<Settlement> back)
    {
        lock (_lock)
        {
            if (!_nodes.Remove(consumer, out var node)) return;
            _consumers.Remove(node);
        }
        try
        {
            if (back.Count > 0) await store.SettleAsync(Queue, back, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RestMqUnavailableException)
        {
            // Their leases end by themselves.
        }
        finally
        {
            Signal();
            hub.Leave();
        }
    }

    /// <summary>Settles a message that has been delivered. If that fails, its lease ends and it is delivered again.</summary>
    public void Settle(QueueMessage message) => _ = SettleAsync(message);

    /// <summary>Ends every stream.</summary>
    public void EndStreams() => ForEach(consumer => consumer.End());

    public void ForEach(Action<LiveConsumer> action)
    {
        lock (_lock)
        {
            foreach (var consumer in _consumers) action(consumer);
        }
    }

    public List<LiveConsumer> Where(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return [.. _consumers.Where(condition)];
    }

    public bool Any(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return _consumers.Any(condition);
    }

    public int MostRoom(Func<LiveConsumer, bool> condition)
    {
        lock (_lock) return _consumers.Where(condition).Select(consumer => consumer.Room).DefaultIfEmpty().Max();
    }

    /// <summary>How many messages the consumers take now: at most so many in all, and so many ahead each.</summary>
    public int TotalRoom(int most, int ahead)
    {
        lock (_lock)
        {
            var room = 0;
            for (var node = _consumers.First; node is not null && room < most; node = node.Next) room += RoomOf(node.Value, ahead);
            return Math.Min(room, most);
        }
    }

    /// <summary>Gives a message to the next consumer in rotation that has room; false when none has.</summary>
    public bool TryGiveNext(QueueMessage message, int ahead)
    {
        lock (_lock)
        {
            for (var tries = _consumers.Count; tries > 0; tries--)
            {
                var node = _consumers.First!;
                _consumers.RemoveFirst();
                _consumers.AddLast(node);
                if (RoomOf(node.Value, ahead) > 0 && node.Value.TryWrite(message, 0, owed: true)) return true;
            }
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _closed = true;
        EndStreams();
        _signal.Writer.TryComplete();
        if (_running is { } running) await running.ConfigureAwait(false);
    }

    private int RoomOf(LiveConsumer consumer, int ahead) => Math.Max(0, consumer.Room - Math.Max(0, options.ConsumerBuffer - ahead));

    private async Task RunAsync()
    {
        while (await _signal.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            _signal.Reader.TryRead(out _);
            if (Count == 0)
            {
                // What others get until the next consumer comes is not for it.
                Front = null;
                continue;
            }
            try
            {
                hub.LookIn(await StepAsync().ConfigureAwait(false));
            }
            catch (RestMqUnavailableException)
            {
                hub.LookIn(StoreAwayPause);
            }
            catch (Exception e)
            {
                LogFailed(logger, Queue.Value, e);
                hub.LookIn(StoreAwayPause);
            }
        }
    }

    /// <summary>Steps until nothing more can be done now.</summary>
    private async Task<TimeSpan?> StepAsync()
    {
        while (true)
        {
            // Room made during the step must not be overlooked, so it counts as wanted until the step says otherwise.
            _wantsRoom = true;
            var step = await policies[_settings.Policy].StepAsync(this, store).ConfigureAwait(false);
            _wantsRoom = step.WantsRoom;
            var turned = step.Settings.Policy != _settings.Policy;
            _settings = step.Settings;
            if (!(step.More || turned) || Count == 0) return step.Next;
        }
    }

    private async Task SettleAsync(QueueMessage message)
    {
        try
        {
            await hub.Settlements.SendAsync(new Settlement(message.Receipt, SettleAction.Ack)).ConfigureAwait(false);
        }
        catch (RestMqUnavailableException)
        {
            // The lease ends by itself, and the message is delivered again.
        }
    }

    [LoggerMessage(20, LogLevel.Error, "Live delivery of {Queue} failed; it goes on in a second")]
    private static partial void LogFailed(ILogger logger, string queue, Exception error);
}
