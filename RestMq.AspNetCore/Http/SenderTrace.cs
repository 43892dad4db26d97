using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Carries the trace of a request (W3C Trace Context) to the engine, which reads <see cref="Activity.Current"/>. The
/// server normally creates that activity. It creates none in a host that neither logs nor traces requests.
/// </summary>
internal static class SenderTrace
{
    /// <summary>
    /// Starts the activity when it is missing. Returns null when one exists or the request has no trace.
    /// </summary>
    public static Activity? Begin(HttpRequest request)
    {
        if (request.Headers.TraceParent is not [{ Length: 55 } sent] || Activity.Current is not null || !ActivityContext.TryParse(sent, null, out _)) return null;
        // The engine recognizes the activity by this name.
        var activity = new Activity(RestMqTelemetry.Name + ".Carrier").SetParentId(sent);
        if (request.Headers.TraceState is { Count: > 0 } state) activity.TraceStateString = state.ToString();
        return activity.Start();
    }
}
