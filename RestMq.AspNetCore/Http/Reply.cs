using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RestMq.Http;

/// <summary>
/// Writes replies that are in memory as a whole; <see cref="ListReply"/> writes long lists. JSON and text end with
/// CRLF. Both are wrapped as JSONP when the client names a callback. Every reply has headers against content sniffing
/// and caching. The reply is written to the response's pipe. It is sent together with its headers when the handler
/// returns or flushes.
/// </summary>
internal static class Reply
{
    private const string JsonType = "application/json";
    private const string JavaScript = "application/javascript";
    private const string PlainText = "text/plain; charset=utf-8";

    // The pages load nothing and run no script. Their one style sheet is known by its hash, and their forms are sent to
    // this host only. No other site may frame them (clickjacking).
    private static readonly string PagePolicy =
        $"default-src 'none'; style-src 'sha256-{Pages.Html.StyleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    // Each thread reuses one buffer. A reply takes the buffer and returns it before any await.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    // Whether to hold back the last byte of a large reply.
    [ThreadStatic]
    private static bool _holding;

    // The byte that was held back.
    [ThreadStatic]
    private static byte? _held;

    // In bytes. A larger buffer is not kept: one large reply would hold its memory for as long as the thread lives.
    private const int MaxKeptBuffer = 256 * 1024;

    // In bytes: half of Kestrel's 64 KB response buffer. A reply up to this size fits into that buffer together with
    // its headers, so sending it does not wait for the client.
    private const int SentAtOnce = 32 * 1024;

    /// <summary>
    /// Writes a reply, but holds back its last byte when the reply is so large that sending may wait for the client.
    /// The caller sends that byte last. Until then the client does not have the whole reply, so a connection that
    /// ends earlier means that the client did not get the reply.
    /// </summary>
    /// <param name="write">
    /// Writes the reply synchronously, with a method of this class. The state of the call belongs to the thread.
    /// </param>
    /// <returns>The byte that the caller must send; null when the whole reply was written.</returns>
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

    /// <summary>Writes several JSON values, one per line.</summary>
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

    /// <summary>Writes a text. With a JSONP callback, the text is the callback's argument, as a JSON string.</summary>
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
        context.Response.Headers.ContentSecurityPolicy = PagePolicy;
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

    /// <summary>
    /// Redirects to a page after a form was sent, so that reloading the page does not send the form again.
    /// </summary>
    public static void SeeOther(HttpContext context, string url)
    {
        Empty(context, StatusCodes.Status303SeeOther);
        context.Response.Headers.Location = url;
    }

    /// <summary>Writes a reply without a body.</summary>
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

    /// <summary>Writes the beginning of a JSONP call.</summary>
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
