using Microsoft.AspNetCore.Http;
using RestMq.Http;

namespace RestMq.Limits;

/// <summary>
/// Holds a request's part of the host's budget for bodies. It grows with the bytes that have arrived, so that an announced
/// length alone costs nothing. Small bodies are not counted: the number of connections bounds them.
/// </summary>
internal sealed class BodyCharge(HostLimits limits) : IDisposable
{
    /// <summary>The bytes of a body that are not counted.</summary>
    public const int Free = 4096;

    private long _held;

    /// <summary>
    /// Returns the charge of a request, which is released when the request is over. Null when nothing limits the request.
    /// </summary>
    public static BodyCharge? Of(HttpContext context)
    {
        if (HostLimits.Of(context) is not { } limits) return null;
        var charge = new BodyCharge(limits);
        context.Response.RegisterForDispose(charge);
        return charge;
    }

    /// <summary>Lets the charge hold this many bytes, or the bytes that it holds already if they are more.</summary>
    /// <exception cref="Problem">503: the host has no room for them.</exception>
    public void Grow(long bytes)
    {
        if (!TryGrow(bytes)) throw Refusal(limits);
    }

    /// <inheritdoc cref="Grow"/>
    /// <returns>Whether the host has room for them.</returns>
    public bool TryGrow(long bytes)
    {
        if (bytes <= Free || bytes <= _held) return true;
        if (!limits.Bodies.TryTake(bytes - _held))
        {
            limits.Reached("request_bytes");
            return false;
        }
        _held = bytes;
        return true;
    }

    public void Dispose() => limits.Bodies.Return(Interlocked.Exchange(ref _held, 0));

    private static Problem Refusal(HostLimits limits) => Problem.Overloaded(
        $"The bodies of all requests together must have at most {limits.Bodies.Limit} bytes (RestMqOptions.MaxRequestBytes), "
        + "and this one has no room beside the others. Nothing was changed. Send it again later.");
}
