using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// The one writer of replies: CRLF at the end, JSONP when asked, nothing sniffed and nothing cached. A reply is put in
/// the response's pipe, and goes out with its headers, in one piece, when the handler returns or flushes.
/// </summary>
internal static class Reply
{
    private const string JsonType = "application/json";
    private const string JavaScript = "application/javascript";
    private const string PlainText = "text/plain; charset=utf-8";

    // A buffer is taken for one reply, on one thread, and given back before any await.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    // Whether the last byte of a large reply is to be held back, and that byte.
    [ThreadStatic]
    private static bool _holding;

    [ThreadStatic]
    private static byte? _held;

    // A reply of the largest message would otherwise stay with its thread for ever.
    private const int MaxKeptBuffer = 256 * 1024;

    // What a response takes without waiting for its client, with the headers, is twice this by default.
    private const int SentAtOnce = 32 * 1024;

    /// <summary>
    /// Writes a reply but, when its client may have to be waited for, holds back its last byte: until that is sent the
    /// client cannot have the whole reply, so a connection that ends is one that broke.
    /// </summary>
    /// <returns>The last byte; null when it has been written too.</returns>
    public static byte? HoldLast(Action write)
    {
        _holding = true;
        try
        {
            write();
            return _held;
        }
        finally
        {
            (_holding, _held) = (false, null);
        }
    }

    public static void Json<T>(
        HttpContext context, string? callback, T state, Action<Utf8JsonWriter, T> write, string contentType = JsonType)
    {
        var buffer = Rent();
        if (callback is not null) Open(buffer, callback);
        JsonText.Write(buffer, state, write);
        if (callback is not null) buffer.Write(");"u8);
        buffer.Write("\r\n"u8);
        Send(context, callback is null ? contentType : JavaScript, buffer);
    }

    /// <summary>Several JSON values, one a line.</summary>
    public static void Lines<T>(HttpContext context, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        var buffer = Rent();
        foreach (var item in items)
        {
            JsonText.Write(buffer, item, write);
            buffer.Write("\r\n"u8);
        }
        Send(context, "application/x-ndjson", buffer);
    }

    /// <summary>A text; as JSONP it is a string.</summary>
    public static void Text(HttpContext context, string? callback, string text)
    {
        if (callback is not null)
        {
            Json(context, callback, text, static (writer, value) => writer.WriteStringValue(value));
            return;
        }
        var buffer = Rent();
        Encoding.UTF8.GetBytes(text, buffer);
        buffer.Write("\r\n"u8);
        Send(context, PlainText, buffer);
    }

    public static void Html(HttpContext context, string html)
    {
        // The pages run no script, their forms are for this host, and no other site's page may put them under its
        // visitors' clicks.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        Bytes(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html));
    }

    public static void Bytes(HttpContext context, string contentType, ReadOnlyMemory<byte> bytes)
    {
        SetHeaders(context, contentType);
        context.Response.ContentLength = bytes.Length;
        Put(context, bytes.Span);
    }

    public static void Redirect(HttpContext context, string url)
    {
        SetHeaders(context, null);
        context.Response.Redirect(url);
    }

    /// <summary>Shows a page after a form was sent, so that to load it again sends nothing again.</summary>
    public static void SeeOther(HttpContext context, string url)
    {
        Empty(context, StatusCodes.Status303SeeOther);
        context.Response.Headers.Location = url;
    }

    /// <summary>A reply without a body.</summary>
    public static void Empty(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        SetHeaders(context, null);
    }

    public static void SetHeaders(HttpContext context, string? contentType)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        if (contentType is not null) headers.ContentType = contentType;
    }

    public static void SetJsonHeaders(HttpContext context, string? callback) => SetHeaders(context, callback is null ? JsonType : JavaScript);

    /// <summary>Begins a JSONP call.</summary>
    public static void Open(IBufferWriter<byte> buffer, string callback)
    {
        Encoding.UTF8.GetBytes(callback, buffer);
        buffer.Write("("u8);
    }

    private static ArrayBufferWriter<byte> Rent()
    {
        var buffer = _buffer ?? new ArrayBufferWriter<byte>(512);
        _buffer = null;
        return buffer;
    }

    private static void Send(HttpContext context, string contentType, ArrayBufferWriter<byte> buffer)
    {
        SetHeaders(context, contentType);
        context.Response.ContentLength = buffer.WrittenCount;
        Put(context, buffer.WrittenSpan);
        if (buffer.Capacity <= MaxKeptBuffer)
        {
            buffer.ResetWrittenCount();
            _buffer = buffer;
        }
    }

    private static void Put(HttpContext context, ReadOnlySpan<byte> bytes)
    {
        if (_holding && bytes.Length > SentAtOnce)
        {
            _held = bytes[^1];
            bytes = bytes[..^1];
        }
        context.Response.BodyWriter.Write(bytes);
    }
}
