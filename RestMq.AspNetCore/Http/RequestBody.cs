using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using RestMq.Limits;

namespace RestMq.Http;

/// <summary>
/// Reads a request's whole body, up to a limit, and decodes its <c>Content-Encoding</c>. Every route that takes a body
/// reads it here.
/// </summary>
internal static class RequestBody
{
    // Bytes.
    private const int SmallBody = 64 * 1024;

    /// <summary>Reads the body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The largest body, in bytes, after it was decoded.</param>
    /// <exception cref="Problem">The body exceeds the limit (413), has an unknown encoding (415), arrives too slowly
    /// (408) or cannot be read (400).</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, int limit)
    {
        try
        {
            if (request.Headers.ContentEncoding.Count == 0) return await ReadAllAsync(request, limit);
            var encoding = ContentEncodings.Of(request);
            return encoding is ContentEncoding.Identity
                ? await ReadAllAsync(request, limit)
                : ContentEncodings.Decode(encoding, await ReadAllAsync(request, ContentEncodings.EncodedLimit(limit)), limit);
        }
        catch (InvalidOperationException)
        {
            // Kestrel reports trailers that are not UTF-8 with this type of exception.
            throw Problem.BadRequest("The trailers of a body must be UTF-8, but these are not. Send them as UTF-8.");
        }
        catch (InvalidDataException e)
        {
            throw Problem.BadRequest(
                $"The body must be in the encoding that Content-Encoding names, but cannot be decoded: {e.Message}");
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
    // error. A broken connection ends the read by itself. Slow bodies are ended by Kestrel (MinRequestBodyDataRate) and,
    // over HTTP/2, by UploadClock.
    //
    // Reads up to the end of the body, whatever Content-Length says. Middleware that decodes the body, such as the
    // site's UseRequestDecompression(), leaves the length of the encoded body there.
    private static async ValueTask<byte[]> ReadAllAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit) throw Problem.BodyTooLarge(limit);
        if (request.ContentLength == 0) return [];
        using var clock = UploadClock.Of(request);
        var reader = request.BodyReader;
        // Allocates for bytes that have arrived. A Content-Length alone must not make the host allocate megabytes.
        MemoryStream? large = null;
        BodyCharge? charge = null;
        while (true)
        {
            var reading = reader.ReadAsync(CancellationToken.None);
            if (clock is not null && !reading.IsCompleted) clock.Start();
            var read = await reading;
            var part = read.Buffer;
            var length = (large?.Length ?? 0) + part.Length;
            clock?.Check(read, length);
            if (length > limit)
            {
                reader.AdvanceTo(part.End);
                throw Problem.BodyTooLarge(limit);
            }
            if (length > BodyCharge.Free)
            {
                charge ??= BodyCharge.Of(request.HttpContext);
                charge?.Grow(length);
            }
            if (large is null && read.IsCompleted)
            {
                var body = part.ToArray();
                reader.AdvanceTo(part.End);
                return body;
            }
            if (large is null && part.Length <= SmallBody)
            {
                reader.AdvanceTo(part.Start, part.End); // Keeps the bytes in the pipe, so that they are copied once.
                continue;
            }
            large ??= new MemoryStream();
            foreach (var bytes in part) large.Write(bytes.Span);
            reader.AdvanceTo(part.End);
            if (read.IsCompleted) return large.ToArray();
        }
    }
}
