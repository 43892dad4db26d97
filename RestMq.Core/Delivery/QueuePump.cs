using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RestMq.Engine;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Delivery;

/// <summary>
/// Brings one queue's messages to its live consumers on this daemon. It runs while it has consumers; between steps it
/// sleeps until a hint, a due time, room in a consumer, or the slow poll. A store that is away stops it for a second,
/// and loses nothing. This file runs; the other knows the consumers.
/// </summary>
internal sealed partial class QueuePump(
    QueueHub hub, IQueueStore store, RestMqOptions options, DeliveryPolicies policies, ILogger logger, QueueMetrics metrics) : IAsyncDisposable
{
    private static readonly TimeSpan StoreAwayPause = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _stepping = new(1);
    private LiveState _settings;
    private Task? _running;
    private volatile bool _wantsRoom;

    public QueueName Queue => hub.Queue;

    public QueueMetrics Metrics => metrics;

    /// <summary>
    /// How far into the live log the consumers that keep up have been served; null before the log was met.
    /// </summary>
    public long? Front { get; set; }

    /// <summary>Makes it look again.</summary>
    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Notes that a look found something.</summary>
    public void Found() => hub.Found();

    /// <summary>Makes it look again if it stopped for want of room.</summary>
    public void RoomMade()
    {
        if (_wantsRoom) Signal();
    }

    /// <summary>
    /// Notes that a consumer of a broadcast, which had kept up, is full: it catches up later, by reads of its own.
    /// </summary>
    public void FellBehind()
    {
        metrics.FellBehind(Queue);
        LogBehind(logger, Queue.Value);
    }

    /// <summary>Notes that a group of consumers is full, so that messages wait for them, or is so no longer.</summary>
    public void NoteRoom(ConsumerGroup group, bool full)
    {
        // One that settles by itself is full whenever it works.
        if (full && !group.IsFull && group.Lease is null)
        {
            metrics.AllFull(Queue);
            LogFull(logger, Queue.Value);
        }
        group.IsFull = full;
    }

    /// <summary>
    /// Settles a message that has been delivered. If that fails, its lease ends and it is delivered again.
    /// </summary>
    public void Settle(QueueMessage message) => _ = SettleAsync(message);

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _closed = true;
        EndStreams();
        _signal.Writer.TryComplete();
        if (_running is { } running) await running.ConfigureAwait(false);
    }

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
                metrics.StoreAway();
                hub.LookIn(StoreAwayPause);
            }
            catch (Exception e)
            {
                LogFailed(logger, Queue.Value, e);
                hub.LookIn(StoreAwayPause);
            }
        }
    }

    /// <summary>Steps until nothing more can be done now; says when there is something to do again.</summary>
    private async Task<TimeSpan?> StepAsync()
    {
        while (true)
        {
            // Room made during the step must not be overlooked, so it counts as wanted until the step says otherwise.
            _wantsRoom = true;
            var step = await StepOnceAsync().ConfigureAwait(false);
            _wantsRoom = step.WantsRoom;

            var turned = step.Settings is { } now && now.Policy != _settings.Policy;
            _settings = step.Settings ?? _settings;
            if (!(step.More || turned) || Count == 0) return step.Next;
        }
    }

    private async Task<DeliveryStep> StepOnceAsync()
    {
        await _stepping.WaitAsync().ConfigureAwait(false);
        try
        {
            var bound = Bound;
            var step = Plain.Count > 0 ? await policies[_settings.Policy].StepAsync(this, store).ConfigureAwait(false) : default;
            foreach (var group in Holders) step = step.And(await HoldAsync(group).ConfigureAwait(false));
            if (step.Settings is { } settings) See(settings.Epoch, bound);
            return step;
        }
        finally
        {
            _stepping.Release();
        }
    }

    private async Task SettleAsync(QueueMessage message)
    {
        try
        {
            await hub.Exchanges.SendAsync(new Exchange(new Settlement(message.Receipt, SettleAction.Ack), null)).ConfigureAwait(false);
        }
        catch (RestMqUnavailableException)
        {
            // The lease ends by itself, and the message is delivered again.
        }
        catch (Exception e)
        {
            LogUnsettled(logger, message.Key.ToString(), e);
        }
    }

    [LoggerMessage(21, LogLevel.Error, "{Key} was delivered and could not be settled; it comes again when its lease ends")]
    private static partial void LogUnsettled(ILogger logger, string key, Exception error);

    [LoggerMessage(20, LogLevel.Error, "Live delivery of {Queue} failed; it goes on in a second")]
    private static partial void LogFailed(ILogger logger, string queue, Exception error);

    [LoggerMessage(81, LogLevel.Debug, "A consumer of {Queue} reads slower than messages come: it fell behind, and catches up from the history")]
    private static partial void LogBehind(ILogger logger, string queue);

    [LoggerMessage(82, LogLevel.Debug, "All consumers of {Queue} are full: its messages wait in the queue")]
    private static partial void LogFull(ILogger logger, string queue);
}
