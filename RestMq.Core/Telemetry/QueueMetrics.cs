using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace RestMq.Telemetry;

/// <summary>
/// Records the metrics. Names follow OpenTelemetry's semantic conventions for messaging. Metrics that the conventions
/// do not name begin with <c>restmq.</c>. Without a listener, a call only checks a flag. The queue's name is a tag only
/// if the application asks for it (<see cref="RestMqOptions.MetricsByQueue"/>), because the number of queues is
/// unlimited.
/// </summary>
internal sealed class QueueMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    };

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly bool _byQueue;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _consumed;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _buried;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _behind;
    private readonly Counter<long> _full;
    private readonly Counter<long> _missed;
    private readonly Counter<long> _away;
    private readonly Counter<long> _limits;

    /// <summary>Creates the instruments.</summary>
    /// <param name="options">The options, which decide whether the queue's name is a tag.</param>
    /// <param name="meters">The application's meter factory. Null if it has none.</param>
    public QueueMetrics(IOptions<RestMqOptions> options, IMeterFactory? meters = null)
    {
        _byQueue = options.Value.MetricsByQueue;
        _ownsMeter = meters is null;
        _meter = meters?.Create(RestMqTelemetry.Name) ?? new Meter(RestMqTelemetry.Name);
        _sent = _meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages added.");
        _consumed = _meter.CreateCounter<long>(
            "messaging.client.consumed.messages", "{message}", "Messages delivered to callers.");
        _duration = _meter.CreateHistogram(
            "messaging.client.operation.duration", "s", "Time that adds, takes and settlements took, waits included.", tags: null, Buckets);
        _settled = _meter.CreateCounter<long>(
            "restmq.settled.messages", "{message}", "Deliveries that callers settled, by action.");
        _expired = _meter.CreateCounter<long>(
            "restmq.expired.messages", "{message}", "Messages deleted at the end of their time to live.");
        _buried = _meter.CreateCounter<long>(
            "restmq.buried.messages", "{message}", "Messages that became dead letters, by reason.");
        _delivered = _meter.CreateCounter<long>(
            "restmq.live.delivered", "{message}", "Messages written to live consumers.");
        _behind = _meter.CreateCounter<long>(
            "restmq.live.behind", "{consumer}",
            "Times that a consumer of a broadcast was full and fell behind the others.");
        _full = _meter.CreateCounter<long>(
            "restmq.live.full", "{time}",
            "Times that all consumers of a round robin were full, so that messages wait.");
        _missed = _meter.CreateCounter<long>(
            "restmq.live.missed", "{message}", "Messages that consumers missed because the history had dropped them.");
        _away = _meter.CreateCounter<long>("restmq.store.away", "{call}", "Calls that the store did not answer.");
        _limits = _meter.CreateCounter<long>(
            "restmq.limit.reached", "{time}", "Requests refused and connections cut because a limit of the host was reached.");
    }

    /// <summary>Gets whether any metric of a call has a listener.</summary>
    public bool Watched => _duration.Enabled || _sent.Enabled || _consumed.Enabled || _settled.Enabled || _buried.Enabled || _away.Enabled;

    public void Sent(QueueName queue, long messages) => Count(_sent, queue, messages, Tag("messaging.operation.name", "send"));

    public void Received(QueueName queue, long messages) => Count(_consumed, queue, messages, Tag("messaging.operation.name", "receive"));

    public void Settled(QueueName queue, SettleAction action, long messages)
    {
        Count(_settled, queue, messages, Tag("restmq.settle", NameOf(action)));
        if (action is SettleAction.Bury) Count(_buried, queue, messages, Tag("restmq.reason", "caller"));
    }

    /// <summary>Records messages that expired in a call of this host. No other host records them.</summary>
    public void Expired(QueueName queue, long messages) => Count(_expired, queue, messages);

    /// <summary>
    /// Records messages that were buried in a call of this host because they had reached the maximum of deliveries.
    /// </summary>
    public void Buried(QueueName queue, long messages) => Count(_buried, queue, messages, Tag("restmq.reason", "max_receives"));

    public void Delivered(QueueName queue) => Count(_delivered, queue, 1);

    public void FellBehind(QueueName queue) => Count(_behind, queue, 1);

    public void AllFull(QueueName queue) => Count(_full, queue, 1);

    public void Missed(QueueName queue, long messages) => Count(_missed, queue, messages);

    public void StoreAway() => _away.Add(1);

    /// <summary>Records that a limit of the host was reached, by its name.</summary>
    public void LimitReached(string limit) => _limits.Add(1, Tag("restmq.limit", limit));

    /// <summary>Registers the function that returns the bytes of the memory store, in use and at most.</summary>
    public void ObserveMemory(Func<(long Used, long Limit)> memory)
    {
        _meter.CreateObservableUpDownCounter("restmq.memory.used", () => memory().Used, "By", "Bytes of the queues in memory.");
        _meter.CreateObservableUpDownCounter("restmq.memory.limit", () => memory().Limit, "By", "The most bytes of the queues in memory.");
    }

    /// <summary>Registers the function that returns the bytes of the request bodies in memory.</summary>
    public void ObserveRequestBytes(Func<long> bytes) => _meter.CreateObservableUpDownCounter(
        "restmq.request.bytes", bytes, "By", "Bytes of the request bodies that are being received or carried out.");

    /// <summary>Records how long a call took.</summary>
    public void Took(string operation, QueueName queue, TimeSpan time, Exception? failure)
    {
        if (!_duration.Enabled) return;
        var tags = new TagList
        {
            { "messaging.system", "restmq" }, { "messaging.operation.name", operation }, { "messaging.operation.type", operation },
        };
        if (failure is not null) tags.Add("error.type", ErrorOf(failure));
        if (_byQueue) tags.Add("messaging.destination.name", queue.Value);
        _duration.Record(time.TotalSeconds, tags);
    }

    /// <summary>Registers the function that counts the live consumers of each queue.</summary>
    public void ObserveConsumers(Func<IEnumerable<(QueueName Queue, int Count)>> consumers) => _meter.CreateObservableUpDownCounter(
        "restmq.live.consumers",
        () => _byQueue
            ? consumers().Select(of => new Measurement<int>(of.Count, Tag("messaging.destination.name", of.Queue.Value)))
            : [new Measurement<int>(consumers().Sum(of => of.Count))],
        "{consumer}", "Live consumers connected to this host.");

    public void Dispose()
    {
        if (_ownsMeter) _meter.Dispose();
    }

    /// <summary>Returns the <c>error.type</c> of a failure.</summary>
    public static string ErrorOf(Exception failure) => failure switch
    {
        RestMqNotReplicatedException => "not_replicated",
        RestMqUnavailableException => "unavailable",
        OperationCanceledException => "canceled",
        _ => failure.GetType().FullName!,
    };

    /// <summary>Returns the name of an action.</summary>
    public static string NameOf(SettleAction action) => action switch
    {
        SettleAction.Ack => "ack",
        SettleAction.Extend => "extend",
        SettleAction.Release => "release",
        SettleAction.Return => "return",
        _ => "bury",
    };

    private void Count(Counter<long> counter, QueueName queue, long count, KeyValuePair<string, object?> tag = default)
    {
        if (!counter.Enabled || count == 0) return;
        var tags = new TagList { { "messaging.system", "restmq" } };
        if (tag.Key is not null) tags.Add(tag);
        if (_byQueue) tags.Add("messaging.destination.name", queue.Value);
        counter.Add(count, tags);
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
