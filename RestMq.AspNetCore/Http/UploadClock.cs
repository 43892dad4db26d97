using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RestMq.Http;

/// <summary>
/// Ends a body that arrives too slowly over HTTP/2 or HTTP/3. There Kestrel ends the whole connection, with the other
/// requests on it, and the client gets no reply. This class takes the rate from Kestrel's settings and ends only the
/// read, so that the reply is 408. Over HTTP/1.1 Kestrel itself does so.
/// </summary>
internal sealed class UploadClock : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly MinDataRate _rate;
    private readonly PipeReader _reader;
    private Timer? _timer;
    private long _started;
    private long _received;
    private bool _isOver;

    private UploadClock(MinDataRate rate, PipeReader reader) => (_rate, _reader) = (rate, reader);

    /// <summary>Returns the clock of a request; null when its server needs none.</summary>
    public static UploadClock? Of(HttpRequest request)
    {
        if (HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol)) return null;
        if (request.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is not { } kestrel) return null;
        if (request.HttpContext.RequestServices.GetService<IOptions<KestrelServerOptions>>()?.Value.Limits.MinRequestBodyDataRate is not { } rate) return null;
        kestrel.MinDataRate = null; // Before the first read, which starts Kestrel's own clock.
        return new UploadClock(rate, request.BodyReader);
    }

    /// <summary>Starts the clock, if it has not started. A body that is there at the first read needs no clock.</summary>
    public void Start()
    {
        if (_timer is not null) return;
        _started = Stopwatch.GetTimestamp();
        _timer = new Timer(static clock => ((UploadClock)clock!).CheckRate(), this, _rate.GracePeriod, Period);
    }

    /// <summary>Checks what a read returned.</summary>
    /// <param name="read">The result of the read.</param>
    /// <param name="received">The bytes of the body that have arrived so far.</param>
    /// <exception cref="Problem">408: this class ended the read.</exception>
    public void Check(ReadResult read, long received)
    {
        Interlocked.Exchange(ref _received, received);
        if (read is { IsCanceled: true, IsCompleted: false })
        {
            throw Problem.RequestTimeout(string.Create(
                CultureInfo.InvariantCulture,
                $"A body must arrive with at least {_rate.BytesPerSecond} bytes a second, but this one is slower. Nothing was changed. Send it again."));
        }
    }

    public void Dispose()
    {
        lock (_gate) _isOver = true;
        _timer?.Dispose();
    }

    private void CheckRate()
    {
        var due = Stopwatch.GetElapsedTime(_started).TotalSeconds * _rate.BytesPerSecond;
        // Within the lock, because Kestrel gives the reader to another request after this one.
        lock (_gate)
        {
            if (!_isOver && Interlocked.Read(ref _received) < due) _reader.CancelPendingRead();
        }
    }
}
