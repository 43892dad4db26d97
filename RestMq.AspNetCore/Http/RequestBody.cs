using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using RestMq.Limits;

namespace RestMq.Http;

/// <summary>Reads a request's whole body, up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Reads the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The largest body, in bytes.</param>
    /// <exception cref="Problem">The body exceeds the limit (413) or cannot be read (400).</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, int limit)
    {
        try
        {
            return await ReadAllAsync(request, limit);
        }
        catch (InvalidOperationException)
        {
            // Kestrel reports trailers that are not UTF-8 with this type of exception.
            throw Problem.BadRequest("The trailers of a body must be UTF-8, but these are not. Send them as UTF-8.");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // A disconnected client gets no reply. Without the abort, Kestrel would try to drain the rest of the body,
            // fail, and log an error.
            if (e is ConnectionResetException) request.HttpContext.Abort();
            throw Problem.BadRequest($"The body must arrive completely, but could not be read: {e.Message}");
        }
    }

    // Without RequestAborted: a cancelled read stays open in Kestrel, which then fails to drain the body and logs an
    // error. A broken connection ends the read by itself. Kestrel ends slow ones (MinRequestBodyDataRate).
    private static async ValueTask<byte[]> ReadAllAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit) throw TooLarge(limit);
        // Allocates for bytes that have arrived. A Content-Length alone must not make the host allocate megabytes.
        if (request.ContentLength is { } length and <= BodyCharge.Free)
        {
            if (length == 0) return [];
            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, CancellationToken.None);
            return body;
        }
        var charge = BodyCharge.Of(request.HttpContext);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(chunk, CancellationToken.None)) > 0;)
        {
            if (buffer.Length + read > limit) throw TooLarge(limit);
            charge?.Grow(buffer.Length + read);
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }

    private static Problem TooLarge(int limit) =>
        Problem.TooLarge($"The body must have at most {limit} bytes on this route, but has more. Send less.");
}
