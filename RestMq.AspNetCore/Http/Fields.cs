using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Holds the fields of a request, from its query and, when the body is a form, from its body. Values stay bytes. Of
/// several fields with the same name the last one wins, and the body wins over the query. Only a part of a multipart
/// form may hold bytes that are not UTF-8. A part that is not read, such as a file beside the message, may hold any
/// bytes.
/// </summary>
internal sealed class Fields
{
    // No route needs nearly as many. The limit bounds memory: a field takes more memory than its bytes in the request.
    private const int MaxFields = 1024;

    private static readonly Fields None = new(); // Shared, so no field is added to it.

    private readonly List<Field> _fields = [];
    private readonly bool _hasJsonp;

    // The body of a form, undecoded.
    private ReadOnlyMemory<byte> _body;

    private Fields(bool hasJsonp = false) => _hasJsonp = hasJsonp;

    /// <summary>Holds one field of a request.</summary>
    /// <param name="Name">The field's name, decoded.</param>
    /// <param name="Value">The field's value, decoded.</param>
    /// <param name="ContentType">The content type of a part of a multipart form, when it has one or is a file; null for
    /// every other field, which is a text.</param>
    internal readonly record struct Field(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value, string? ContentType);

    /// <summary>
    /// Gets the JSONP callback; null when the request has none. jQuery before 1.8 sends the placeholder <c>?</c>
    /// literally where it does not make a JSONP request, so a <c>?</c> counts as none.
    /// </summary>
    /// <exception cref="Problem">The host does not allow JSONP.</exception>
    /// <exception cref="FormatException">The callback is not a JavaScript identifier path.</exception>
    public string? Callback => Text("callback") is { } name and not "?"
        ? !_hasJsonp ? throw NoJsonp() : IsIdentifierPath(name) ? name : throw new FormatException(
            "'callback' must be a JavaScript name of at most 100 ASCII characters, such as app.on.message, "
            + $"but was '{WireNames.Shorten(name)}'.")
        : null;

    public static Fields OfQuery(HttpContext context)
    {
        var query = context.Request.QueryString;
        if (!query.HasValue) return None;
        var fields = new Fields(HasJsonp(context));
        UrlEncoding.Split(Encoding.UTF8.GetBytes(query.Value![1..]), fields._fields);
        return fields;
    }

    /// <summary>Reads the fields of the query and, when the body is a form, of the body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">The largest body, in bytes.</param>
    /// <param name="orJson">
    /// Whether a body labelled <c>application/x-www-form-urlencoded</c> may be a JSON object, as
    /// <c>curl -d '{…}'</c> sends it. A body that begins with <c>{</c> is then not parsed for fields.
    /// </param>
    public static async ValueTask<Fields> ReadAsync(HttpContext context, int limit, bool orJson = false)
    {
        var fields = OfQuery(context);
        var request = context.Request;
        var isMultipart = IsMultipart(request.ContentType);
        if (!isMultipart && !IsUrlEncoded(request.ContentType)) return fields;
        if (ReferenceEquals(fields, None)) fields = new Fields(HasJsonp(context));
        ReadOnlyMemory<byte> body = await RequestBody.ReadAsync(request, limit);
        fields._body = body;
        // Some programs write a byte order mark before a text. It is no part of the first name.
        body = JsonUnicode.WithoutMark(body);
        if (isMultipart) await Multipart.SplitAsync(body, request.ContentType!, fields._fields, context.RequestAborted);
        else if (!orJson || !IsObject(body.Span)) UrlEncoding.Split(body, fields._fields);
        return fields;
    }

    /// <summary>
    /// Returns the whole body; empty when the request has none. <see cref="ReadAsync"/> has already read the body of a
    /// form. For fields from <see cref="OfQuery"/>, the body of a form is therefore returned as empty.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, int limit) =>
        IsForm(request.ContentType) ? _body : await RequestBody.ReadAsync(request, limit);

    /// <summary>Checks that one more field may be added.</summary>
    /// <param name="count">The number of fields so far.</param>
    /// <exception cref="FormatException">The request has too many fields.</exception>
    public static void CheckCount(int count)
    {
        if (count >= MaxFields)
            throw new FormatException($"A request must have at most {MaxFields} fields, but has more. Send fewer.");
    }

    public static bool IsForm(string? contentType) => IsUrlEncoded(contentType) || IsMultipart(contentType);

    public bool Has(string name) => Find(name) is not null;

    /// <summary>Returns a field; null when it is absent.</summary>
    public Field? Find(string name)
    {
        for (var i = _fields.Count - 1; i >= 0; i--)
        {
            if (Ascii.Equals(_fields[i].Name.Span, name)) return _fields[i];
        }
        return null;
    }

    /// <summary>Returns a field as text; null when it is absent.</summary>
    /// <exception cref="FormatException">The field is not UTF-8.</exception>
    public string? Text(string name)
    {
        if (Find(name) is not { } field) return null;
        CheckUtf8(field, name);
        return Encoding.UTF8.GetString(field.Value.Span);
    }

    /// <summary>Checks that a field is UTF-8.</summary>
    /// <exception cref="FormatException">The field is not UTF-8.</exception>
    public static void CheckUtf8(Field field, string name)
    {
        if (Utf8.IsValid(field.Value.Span)) return;
        throw new FormatException(
            $"'{name}' must be UTF-8, but has bytes that are not. Encode it as UTF-8. To send a message of bytes, send them "
            + "as the body itself, or as a part with a file name or a Content-Type.");
    }

    /// <summary>Returns a field as a number; null when it is absent.</summary>
    /// <exception cref="FormatException">The field is not a number.</exception>
    public double? Number(string name) => Text(name) is { } text ? RequestLimits.Number(name, text) : null;

    /// <summary>Returns a field as a switch; false when it is absent.</summary>
    /// <exception cref="FormatException">The field is neither 1 nor 0.</exception>
    public bool Flag(string name) => Text(name) switch
    {
        null or "0" => false,
        "1" => true,
        var other => throw new FormatException($"'{name}' must be 1 or 0, but was '{WireNames.Shorten(other)}'."),
    };

    private static bool HasJsonp(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AllowedJsonp>() is not null;

    private static Problem NoJsonp() => Problem.Forbidden(
        "A request must have no 'callback', because this host replies with no scripts (JSONP). Nothing was changed. "
        + "Leave 'callback' out, or switch JSONP on with the setting Site:Jsonp=true, or in code with "
        + "MapRestMq().AllowJsonp(). Every page that a user opens can then read this host's messages.");

    private static bool IsObject(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    private static bool IsUrlEncoded(string? contentType) => Is(contentType, "application/x-www-form-urlencoded");

    private static bool IsMultipart(string? contentType) => Is(contentType, "multipart/form-data");

    private static bool Is(string? contentType, string media) =>
        contentType is not null && contentType.StartsWith(media, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == media.Length || contentType[media.Length] is ';' or ' ');

    // With a callback, the reply is a script that begins with the callback and '('. If the callback could be more than
    // a name, the author of a link could run any script with this site's rights (cross-site scripting).
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
