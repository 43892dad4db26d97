namespace RestMq;

/// <summary>What an application's telemetry has to know of RestMQ.</summary>
public static class RestMqTelemetry
{
    /// <summary>The name of its meter and of its activity source: <c>AddMeter(RestMqTelemetry.Name)</c>, <c>AddSource(RestMqTelemetry.Name)</c>.</summary>
    public const string Name = "RestMq";
}
