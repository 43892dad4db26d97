using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>Reads a request's body whole, up to a limit.</summary>
internal static class RequestBody
{
    private const int SmallBody = 64 * 1024;

    /// <exception cref="Problem">It is larger: 413; or it cannot be read: 400.</exception>
    public static async ValueTask<byte[]> ReadAsync(HttpRequest request, int limit)
    {
        try
        {
            return await ReadAllAsync(request, limit);
        }
        catch (InvalidOperationException)
        {
            // Kestrel's word for it.
            throw Problem.BadRequest("The body could not be read: its trailers are not UTF-8.");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // Who has gone is not answered; and Kestrel, which would drain what is left, fails at that and logs an error.
            if (e is ConnectionResetException) request.HttpContext.Abort();
            throw Problem.BadRequest($"The body could not be read: {e.Message}");
        }
    }

    // Without RequestAborted: a read that is cancelled stays open in Kestrel, which then fails to drain the body and logs an error. A connection
    // that breaks ends the read by itself, and one that is too slow is Kestrel's to end (MinRequestBodyDataRate).
    private static async ValueTask<byte[]> ReadAllAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit) throw TooLarge(limit);
        // Room for what has arrived, not for what was announced: a header alone must not cost megabytes.
        if (request.ContentLength is { } length and <= SmallBody)
        {
            if (length == 0) return [];
            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, CancellationToken.None);
            return body;
        }
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(chunk, CancellationToken.None)) > 0;)
        {
            if (buffer.Length + read > limit) throw TooLarge(limit);
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }

    private static Problem TooLarge(int limit) => Problem.TooLarge($"The body has at most {limit} bytes here.");
}
