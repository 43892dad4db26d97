using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RestMq.Engine;
using RestMq.Stores;
using RestMq.Telemetry;

namespace RestMq.Delivery;

/// <summary>
/// Delivers the messages of one queue to its live consumers on this host. The pump runs while it has consumers. Between
/// steps, it sleeps until a wake-up, a due time, a free slot of a consumer, or the slow poll. When the store is
/// unavailable, the pump pauses for 1 second and loses no message. This file contains the loop. <c>.Consumers</c>
/// manages the consumers, and <c>.LeasingGroups</c> serves acknowledged streams.
/// </summary>
internal sealed partial class QueuePump(
    ActiveQueue hub, IQueueStore store, RestMqOptions options, DeliveryPolicies policies, ILogger logger, QueueMetrics metrics) : IAsyncDisposable
{
    private static readonly TimeSpan StoreAwayPause = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _stepping = new(1);
    private LiveState _settings;
    private Task? _running;
    private volatile bool _wantsFreeSlots;

    public QueueName Queue => hub.Queue;

    public QueueMetrics Metrics => metrics;

    /// <summary>
    /// Gets or sets the sequence of the history up to which the consumers that keep up have been served. Null before
    /// the history was first read.
    /// </summary>
    public long? Front { get; set; }

    /// <summary>Wakes the pump.</summary>
    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Records that a look found messages.</summary>
    public void Found() => hub.Found();

    /// <summary>Wakes the pump if it stopped because no consumer had a free slot.</summary>
    public void SlotsFreed()
    {
        if (_wantsFreeSlots) Signal();
    }

    /// <summary>
    /// Records that a consumer of a broadcast, which had kept up, is full. The consumer catches up later by reads of
    /// its own.
    /// </summary>
    public void FellBehind()
    {
        metrics.FellBehind(Queue);
        LogBehind(logger, Queue.Value);
    }

    /// <summary>Records whether all consumers of a group are full, so that messages wait in the queue.</summary>
    public void NoteFreeSlots(ConsumerGroup group, bool full)
    {
        // The consumer of an acknowledged stream is normally full while it works, so that is not reported.
        if (full && !group.IsFull && group.Lease is null)
        {
            metrics.AllFull(Queue);
            LogFull(logger, Queue.Value);
        }
        group.IsFull = full;
    }

    /// <summary>
    /// Acks a message that has been delivered. If the ack fails, the message is delivered again when its lease ends.
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
                // Messages that are delivered before the next consumer binds are not for that consumer.
                Front = null;
                continue;
            }
            try
            {
                hub.ScheduleLook(await StepAsync().ConfigureAwait(false));
            }
            catch (RestMqUnavailableException)
            {
                metrics.StoreAway();
                hub.ScheduleLook(StoreAwayPause);
            }
            catch (Exception e)
            {
                LogFailed(logger, Queue.Value, e);
                hub.ScheduleLook(StoreAwayPause);
            }
        }
    }

    /// <summary>
    /// Runs steps until nothing more can be delivered now. Returns how long until the next message becomes ready by
    /// time.
    /// </summary>
    private async Task<TimeSpan?> StepAsync()
    {
        while (true)
        {
            // A slot that is freed during the step must wake the pump, so slots count as wanted until the step returns.
            _wantsFreeSlots = true;
            var step = await StepOnceAsync().ConfigureAwait(false);
            _wantsFreeSlots = step.WantsFreeSlots;

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
            var step = SharedGroup.Count > 0 ? await policies[_settings.Policy].StepAsync(this, store).ConfigureAwait(false) : default;
            foreach (var group in LeasingGroups) step = step.And(await HoldAsync(group).ConfigureAwait(false));
            if (step.Settings is { } settings) ApplyEpoch(settings.Epoch, bound);
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
            // The message is delivered again when its lease ends.
        }
        catch (Exception e)
        {
            LogUnsettled(logger, message.Key.ToString(), e);
        }
    }

    [LoggerMessage(21, LogLevel.Error,
        "{Key} was delivered, but could not be acked. It is delivered again when its lease ends.")]
    private static partial void LogUnsettled(ILogger logger, string key, Exception error);

    [LoggerMessage(20, LogLevel.Error, "Live delivery of {Queue} failed. It is retried in 1 second.")]
    private static partial void LogFailed(ILogger logger, string queue, Exception error);

    [LoggerMessage(81, LogLevel.Debug,
        "A consumer of {Queue} reads slower than messages arrive. It fell behind and catches up from the history.")]
    private static partial void LogBehind(ILogger logger, string queue);

    [LoggerMessage(82, LogLevel.Debug, "All consumers of {Queue} are full. Its messages wait in the queue.")]
    private static partial void LogFull(ILogger logger, string queue);
}
