using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// The trace that a request comes with (W3C Trace Context). Mostly the server makes an <see cref="Activity"/> of it, where the engine finds it; a
/// host that neither logs nor traces requests makes none.
/// </summary>
internal static class SenderTrace
{
    /// <summary>Makes that activity where it is missing; null when there is one, or no trace to carry.</summary>
    public static Activity? Begin(HttpRequest request)
    {
        if (request.Headers.TraceParent is not [{ Length: 55 } sent] || Activity.Current is not null || !ActivityContext.TryParse(sent, null, out _)) return null;
        var activity = new Activity(RestMqTelemetry.Name + ".Carrier").SetParentId(sent); // By this name the engine knows it.
        if (request.Headers.TraceState is { Count: > 0 } state) activity.TraceStateString = state.ToString();
        return activity.Start();
    }
}
