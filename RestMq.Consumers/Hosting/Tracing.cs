using System.Diagnostics;

namespace RestMq.Hosting;

/// <summary>
/// Starts a span for each message, named by OpenTelemetry's conventions for messaging and linked to the producer's
/// span.
/// </summary>
internal static class Tracing
{
    private static readonly ActivitySource Source = new("RestMq");

    public static Activity? Start(SourceMessage message)
    {
        if (!Source.HasListeners()) return null;
        ActivityLink[] links = ActivityContext.TryParse(message.TraceParent, message.TraceState, isRemote: true, out var producer) ? [new(producer)] : [];
        return Source.StartActivity(
            ActivityKind.Consumer, name: $"process {message.Queue}", links: links, tags:
            [
                new("messaging.system", "restmq"),
                new("messaging.operation.type", "process"),
                new("messaging.operation.name", "process"),
                new("messaging.destination.name", message.Queue.Value),
                new("messaging.message.id", message.Key.ToString()),
            ]);
    }

    public static void Fail(Activity? activity, Exception e) =>
        activity?.AddException(e).SetStatus(ActivityStatusCode.Error, e.Message).SetTag("error.type", e.GetType().FullName);
}
