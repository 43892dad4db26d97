using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RestMq.Telemetry;

/// <summary>Creates the meters of one test, and records their measurements once it listens.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly ConcurrentBag<Meter> _meters = [];
    private readonly ConcurrentDictionary<string, double> _totals = new();
    private MeterListener? _listener;

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options.Name, options.Version, options.Tags, scope: this);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Starts recording the measurements.</summary>
    public void Listen()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == this) listener.EnableMeasurementEvents(instrument);
            },
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => _totals[NameOf(instrument, tags)] = value);
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _totals.AddOrUpdate(NameOf(instrument, tags), value, (_, sum) => sum + value));
        // Of durations, only the number of measurements is recorded.
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => _totals.AddOrUpdate(NameOf(instrument, tags), 1, (_, sum) => sum + 1));
        _listener.Start();
    }

    /// <summary>
    /// Gets the sum of a counter, such as <c>restmq.settled.messages restmq.settle=ack</c>, or the last value of an
    /// observable instrument.
    /// </summary>
    public double this[string name]
    {
        get
        {
            _listener!.RecordObservableInstruments();
            return _totals.GetValueOrDefault(name);
        }
    }

    /// <summary>Gets the names of all recorded measurements.</summary>
    public IEnumerable<string> Names => _totals.Keys;

    public void Dispose()
    {
        _listener?.Dispose();
        foreach (var meter in _meters) meter.Dispose();
    }

    private static string NameOf(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var tag in tags)
        {
            if (tag.Key is not ("messaging.system" or "messaging.operation.type")) name += $" {tag.Key}={tag.Value}";
        }
        return name;
    }
}
