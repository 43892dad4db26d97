namespace RestMq;

/// <summary>Provides the names under which RestMQ emits telemetry.</summary>
public static class RestMqTelemetry
{
    /// <summary>
    /// The name of the meter and of the activity source. Use it with <c>AddMeter(RestMqTelemetry.Name)</c> and
    /// <c>AddSource(RestMqTelemetry.Name)</c>.
    /// </summary>
    public const string Name = "RestMq";
}
