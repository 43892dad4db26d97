using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// The fields of a request, from its query and, when it is a form, from its body. They are kept as the bytes they were; the last of several
/// wins, the body over the query. Bytes that are no UTF-8 are refused, but for a part of a multipart form that has a type of its own.
/// </summary>
internal sealed class Fields
{
    // Far more than any route has; a field costs more than the bytes it came in.
    private const int MaxFields = 1024;

    private static readonly Fields None = new();

    private readonly List<Field> _fields = [];

    // Of a form, as it came.
    private ReadOnlyMemory<byte> _body;

    /// <summary>A field as it came.</summary>
    /// <param name="Name">Its name, decoded.</param>
    /// <param name="Value">Its value, decoded.</param>
    /// <param name="ContentType">The type that a part of a multipart form gave it.</param>
    internal readonly record struct Field(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value, string? ContentType);

    /// <summary>The JSONP callback; null when there is none.</summary>
    /// <exception cref="FormatException">It is no JavaScript identifier path.</exception>
    public string? Callback => Text("callback") is { } name
        ? IsIdentifierPath(name) ? name : throw new FormatException("'callback' is a JavaScript name such as app.on.message, of at most 100 ASCII characters.")
        : null;

    public static Fields OfQuery(HttpContext context)
    {
        var query = context.Request.QueryString;
        if (!query.HasValue) return None;
        var fields = new Fields();
        UrlEncoding.Split(Encoding.UTF8.GetBytes(query.Value![1..]), fields._fields);
        return fields;
    }

    /// <summary>The query's fields and those of the body, when it is a form.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">The largest body.</param>
    /// <param name="orJson">Whether the body may also be a JSON object by itself, which curl calls a form too: it is not looked into for fields.</param>
    public static async ValueTask<Fields> ReadAsync(HttpContext context, int limit, bool orJson = false)
    {
        var fields = OfQuery(context);
        var request = context.Request;
        var isMultipart = IsMultipart(request.ContentType);
        if (!isMultipart && !IsUrlEncoded(request.ContentType)) return fields;
        if (fields == None) fields = new Fields();
        var body = await RequestBody.ReadAsync(request, limit);
        fields._body = body;
        if (isMultipart) await Multipart.SplitAsync(body, request.ContentType!, fields._fields, context.RequestAborted);
        else if (!orJson || !IsObject(body)) UrlEncoding.Split(body, fields._fields);
        return fields;
    }

    /// <summary>The whole body, be it a form or not; empty when there is none, also in chunks.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, int limit) =>
        IsForm(request.ContentType) ? _body : await RequestBody.ReadAsync(request, limit);

    /// <exception cref="FormatException">There are as many as a request may have.</exception>
    public static void CheckCount(List<Field> fields)
    {
        if (fields.Count >= MaxFields) throw new FormatException($"A request has at most {MaxFields} fields.");
    }

    public static bool IsForm(string? contentType) => IsUrlEncoded(contentType) || IsMultipart(contentType);

    public bool Has(string name) => Find(name) is not null;

    /// <summary>A field; null when it is absent.</summary>
    public Field? Find(string name)
    {
        for (var i = _fields.Count - 1; i >= 0; i--)
        {
            if (Ascii.Equals(_fields[i].Name.Span, name)) return _fields[i];
        }
        return null;
    }

    /// <summary>A field as text; null when it is absent.</summary>
    /// <exception cref="FormatException">It is not UTF-8.</exception>
    public string? Text(string name)
    {
        if (Find(name) is not { Value.Span: var bytes }) return null;
        // Only what is meant as bytes, a value, may be anything.
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new FormatException($"'{name}' holds bytes that are not UTF-8.");
    }

    /// <summary>A field as a number; null when it is absent.</summary>
    /// <exception cref="FormatException">It is no number.</exception>
    public double? Number(string name) => Text(name) is { } text ? Limits.Number(name, text) : null;

    private static bool IsObject(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private static bool IsUrlEncoded(string? contentType) => Is(contentType, "application/x-www-form-urlencoded");

    private static bool IsMultipart(string? contentType) => Is(contentType, "multipart/form-data");

    private static bool Is(string? contentType, string media) =>
        contentType is not null && contentType.StartsWith(media, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == media.Length || contentType[media.Length] is ';' or ' ');

    // Nothing else may go before the bracket: it would be script of the caller's choice on this site.
    private static bool IsIdentifierPath(string name)
    {
        if (name.Length is 0 or > 100) return false;
        var start = true;
        foreach (var c in name)
        {
            if (c == '.' && !start) start = true;
            else if (char.IsAsciiLetter(c) || c is '_' or '$' || (char.IsAsciiDigit(c) && !start)) start = false;
            else return false;
        }
        return !start;
    }
}
