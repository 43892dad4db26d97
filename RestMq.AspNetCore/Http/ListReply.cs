using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Sends a JSON reply of many items in pieces, while it is written. A reply of one piece has a <c>Content-Length</c>,
/// as every other reply. Everything that can fail is done before the first piece, so that a failure still gets its
/// status.
/// </summary>
internal static class ListReply
{
    // Bytes.
    private const int Piece = 32 * 1024;

    public static async Task SendAsync<T>(
        HttpContext context, string? callback, IEnumerable<T> items, Action<Utf8JsonWriter> open, Action<Utf8JsonWriter, T> write, Action<Utf8JsonWriter> close)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        await using var writer = new Utf8JsonWriter(buffer, MessageJson.Options);
        if (callback is not null) Reply.Open(buffer, callback);
        Reply.SetJsonHeaders(context, callback);
        open(writer);
        foreach (var item in items)
        {
            write(writer, item);
            if (writer.BytesPending + buffer.WrittenCount < Piece) continue;
            writer.Flush();
            await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
            buffer.ResetWrittenCount();
        }
        close(writer);
        writer.Flush();
        if (callback is not null) buffer.Write(");"u8);
        buffer.Write("\r\n"u8);
        if (!context.Response.HasStarted) context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }
}
