using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Writes a JSON reply of many items and sends it piece by piece, so that the reply is never in memory as a whole. A
/// reply that fits in one piece has a <c>Content-Length</c>. The first piece fixes the status, so the items and what
/// writes them must not fail.
/// </summary>
internal static class ListReply
{
    private const int MinPieceBytes = 32 * 1024;

    public static async Task SendAsync<T>(
        HttpContext context, string? callback, IEnumerable<T> items, Action<Utf8JsonWriter> writeHead, Action<Utf8JsonWriter, T> writeItem,
        Action<Utf8JsonWriter> writeTail)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        await using var writer = new Utf8JsonWriter(buffer, MessageJson.Options);
        if (callback is not null) Reply.Open(buffer, callback);
        Reply.SetJsonHeaders(context, callback);
        writeHead(writer);
        foreach (var item in items)
        {
            writeItem(writer, item);
            if (writer.BytesPending + buffer.WrittenCount < MinPieceBytes) continue;
            writer.Flush();
            await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
            buffer.ResetWrittenCount();
        }
        writeTail(writer);
        writer.Flush();
        if (callback is not null) buffer.Write(");"u8);
        buffer.Write("\r\n"u8);
        if (!context.Response.HasStarted) context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }
}
