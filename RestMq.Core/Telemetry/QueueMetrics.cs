using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace RestMq.Telemetry;

/// <summary>
/// What happens, in numbers, by the names of OpenTelemetry's conventions for messaging; what those have no name for
/// begins with <c>restmq.</c>. A verb costs a look at a flag while nobody listens. Queues are named only where the
/// application asks for it: their number has no bound.
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

    /// <param name="options">Says whether queues are named.</param>
    /// <param name="meters">The application's; null where it has none.</param>
    public QueueMetrics(IOptions<RestMqOptions> options, IMeterFactory? meters = null)
    {
        _byQueue = options.Value.MetricsByQueue;
        _ownsMeter = meters is null;
        _meter = meters?.Create(RestMqTelemetry.Name) ?? new Meter(RestMqTelemetry.Name);
        _sent = _meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages added.");
        _consumed = _meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages handed out to callers.");
        _duration = _meter.CreateHistogram(
            "messaging.client.operation.duration", "s", "Time that adds, takes and settlements took, waits included.", tags: null, Buckets);
        _settled = _meter.CreateCounter<long>("restmq.settled.messages", "{message}", "Hand-outs that callers ended, by what they did.");
        _expired = _meter.CreateCounter<long>("restmq.expired.messages", "{message}", "Messages dropped at the end of their time to live.");
        _buried = _meter.CreateCounter<long>("restmq.buried.messages", "{message}", "Messages that became dead letters, by why.");
        _delivered = _meter.CreateCounter<long>("restmq.live.delivered", "{message}", "Messages written to live consumers.");
        _behind = _meter.CreateCounter<long>("restmq.live.behind", "{consumer}", "Times that a consumer of a broadcast was full and fell behind the others.");
        _full = _meter.CreateCounter<long>("restmq.live.full", "{time}", "Times that all consumers of a round robin were full, so that messages wait.");
        _missed = _meter.CreateCounter<long>("restmq.live.missed", "{message}", "Messages that consumers missed because the history had dropped them.");
        _away = _meter.CreateCounter<long>("restmq.store.away", "{call}", "Calls that the store did not answer.");
    }

    /// <summary>Whether anybody listens to what is measured of a call.</summary>
    public bool Watched => _duration.Enabled || _sent.Enabled || _consumed.Enabled || _settled.Enabled || _buried.Enabled || _away.Enabled;

    public void Sent(QueueName queue, long messages) => Count(_sent, queue, messages, Tag("messaging.operation.name", "send"));

    public void Received(QueueName queue, long messages) => Count(_consumed, queue, messages, Tag("messaging.operation.name", "receive"));

    public void Settled(QueueName queue, SettleAction action, long messages)
    {
        Count(_settled, queue, messages, Tag("restmq.settle", NameOf(action)));
        if (action is SettleAction.Bury) Count(_buried, queue, messages, Tag("restmq.reason", "caller"));
    }

    /// <summary>Tells of messages that died in a call of this daemon; no other tells of them.</summary>
    public void Expired(QueueName queue, long messages) => Count(_expired, queue, messages);

    /// <summary>
    /// Tells of messages that were buried in a call of this daemon because they had been handed out too often.
    /// </summary>
    public void Buried(QueueName queue, long messages) => Count(_buried, queue, messages, Tag("restmq.reason", "max_receives"));

    public void Delivered(QueueName queue) => Count(_delivered, queue, 1);

    public void FellBehind(QueueName queue) => Count(_behind, queue, 1);

    public void AllFull(QueueName queue) => Count(_full, queue, 1);

    public void Missed(QueueName queue, long messages) => Count(_missed, queue, messages);

    public void StoreAway() => _away.Add(1);

    /// <summary>Tells how long a call took.</summary>
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

    /// <summary>Lets the number of live consumers be asked for, queue by queue.</summary>
    public void ObserveConsumers(Func<IEnumerable<(QueueName Queue, int Count)>> consumers) => _meter.CreateObservableUpDownCounter(
        "restmq.live.consumers",
        () => _byQueue
            ? consumers().Select(of => new Measurement<int>(of.Count, Tag("messaging.destination.name", of.Queue.Value)))
            : [new Measurement<int>(consumers().Sum(of => of.Count))],
        "{consumer}", "Live consumers connected to this daemon.");

    public void Dispose()
    {
        if (_ownsMeter) _meter.Dispose();
    }

    /// <summary>A failure's name where its kind is a dimension.</summary>
    public static string ErrorOf(Exception failure) => failure switch
    {
        RestMqNotReplicatedException => "not_replicated",
        RestMqUnavailableException => "unavailable",
        OperationCanceledException => "canceled",
        _ => failure.GetType().FullName!,
    };

    /// <summary>What is done with a hand-out, in a word.</summary>
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
