using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RestMq.Wire;

namespace RestMq;

/// <summary>Specifies the kind of a message's bytes, which decides how a JSON reply shows them.</summary>
public enum BodyKind
{
    /// <summary>UTF-8 text, shown as a JSON string.</summary>
    Text,

    /// <summary>A JSON value, shown as itself.</summary>
    Json,

    /// <summary>Any other bytes, shown as a base64 string.</summary>
    Binary,
}

/// <summary>
/// Holds the content of a message. Every route returns the bytes unchanged. The bytes are not copied, so do not change
/// them afterwards.
/// </summary>
public readonly struct MessageBody
{
    private const string JsonType = "application/json";

    private MessageBody(BodyKind kind, ReadOnlyMemory<byte> bytes, string? contentType)
    {
        Kind = kind;
        Bytes = bytes;
        ContentType = contentType;
    }

    /// <summary>Gets the kind of the bytes.</summary>
    public BodyKind Kind { get; }

    /// <summary>Gets the bytes as they were sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>
    /// Gets the content type that was sent with the bytes. Null for a plain text and for JSON without parameters.
    /// </summary>
    public string? ContentType { get; }

    /// <summary>Gets the content type to send with the raw bytes.</summary>
    public string RawContentType => ContentType ?? Kind switch
    {
        BodyKind.Text => "text/plain; charset=utf-8",
        BodyKind.Json => JsonType,
        _ => "application/octet-stream",
    };

    /// <summary>Creates a body from a text.</summary>
    /// <exception cref="FormatException">The text contains half of a surrogate pair, so it is not Unicode.</exception>
    public static MessageBody FromText(string text) => Charsets.ToUtf8(text) is { } utf8
        ? new(BodyKind.Text, utf8, null)
        : throw new FormatException(
            "A text must be valid Unicode, but contains half of a surrogate pair. Send such data as bytes.");

    /// <summary>Creates a text body from UTF-8 bytes. The method does not check that they are valid UTF-8.</summary>
    public static MessageBody FromUtf8(ReadOnlyMemory<byte> utf8) => new(BodyKind.Text, utf8, null);

    /// <summary>Creates a binary body with an optional content type.</summary>
    /// <exception cref="FormatException">The content type is invalid.</exception>
    public static MessageBody FromBytes(ReadOnlyMemory<byte> bytes, string? contentType = null) =>
        new(BodyKind.Binary, bytes, Checked(contentType));

    /// <summary>Creates a body from a JSON value in UTF-8, which is kept byte for byte.</summary>
    /// <exception cref="FormatException">The bytes are not one JSON value of at most 64 levels, or a string in it
    /// contains half of a surrogate pair.</exception>
    public static MessageBody FromJson(ReadOnlyMemory<byte> utf8)
    {
        if (!IsJson(utf8.Span))
        {
            throw new FormatException(
                "A JSON message must be valid JSON in UTF-8, at most 64 levels deep, but these bytes are not.");
        }
        return JsonUnicode.HasHalfPair(utf8.Span) ? throw new FormatException(JsonUnicode.Rule) : new(BodyKind.Json, utf8, null);
    }

    /// <summary>
    /// Creates the body of a request with this content type. <c>application/json</c> and <c>+json</c> make it JSON,
    /// without a byte order mark. <c>text/*</c> makes it text. Any other type makes it binary, and so does a charset
    /// that .NET does not know. The content type is kept. A text in another charset than UTF-8 is decoded, and its
    /// content type then names <c>utf-8</c>.
    /// </summary>
    /// <exception cref="FormatException">The content type is invalid, or the bytes are not the JSON or the text that it
    /// names.</exception>
    public static MessageBody FromRequest(ReadOnlyMemory<byte> bytes, string? contentType)
    {
        if (Checked(contentType) is null) return new(BodyKind.Binary, bytes, null);
        var parameters = contentType!.IndexOf(';');
        var media = contentType.AsSpan(0, parameters < 0 ? contentType.Length : parameters).Trim();
        if (media.Equals(JsonType, StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
            return new(BodyKind.Json, FromJson(JsonUnicode.WithoutMark(bytes)).Bytes, contentType == JsonType ? null : contentType);
        return media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            ? FromTextRequest(bytes, contentType)
            : new(BodyKind.Binary, bytes, contentType);
    }

    /// <summary>Returns this body with another content type. Null leaves the body as it is.</summary>
    /// <exception cref="FormatException">The content type is invalid.</exception>
    public MessageBody WithContentType(string? contentType) => contentType is null ? this : new(Kind, Bytes, Checked(contentType));

    internal static MessageBody Stored(BodyKind kind, ReadOnlyMemory<byte> bytes, string? contentType) => new(kind, bytes, contentType);

    /// <summary>Returns the body as text: JSON and text unchanged, binary as base64.</summary>
    public override string ToString() =>
        Kind == BodyKind.Binary ? Convert.ToBase64String(Bytes.Span) : Encoding.UTF8.GetString(Bytes.Span);

    // The store keeps the content type on one line, and replies send it as a header. It must be valid for both.
    private static string? Checked(string? contentType)
    {
        if (contentType is null) return null;
        var fits = contentType.Length is > 2 and <= 200 && contentType.Contains('/') && !contentType.AsSpan().ContainsAnyExceptInRange(' ', '~');
        return fits
            ? contentType
            : throw new FormatException(
                "A content type must be at most 200 printable ASCII characters with a '/', such as image/png.");
    }

    private static MessageBody FromTextRequest(ReadOnlyMemory<byte> bytes, string contentType)
    {
        var (start, length) = Charsets.Find(contentType);
        var name = contentType.AsSpan(start, length);
        if (Charsets.IsUtf8(name))
        {
            return Utf8.IsValid(bytes.Span) ? new(BodyKind.Text, bytes, contentType) : throw NotInCharset(Charsets.Utf8);
        }
        if (Charsets.Of(name.ToString()) is not { } encoding) return new(BodyKind.Binary, bytes, contentType);
        if (!Charsets.TryDecode(encoding, bytes.Span, out var text)) throw NotInCharset(name.ToString());
        // ASCII is a part of UTF-8, so the bytes and the name stay.
        return encoding.CodePage == Encoding.ASCII.CodePage
            ? new(BodyKind.Text, bytes, contentType)
            : new(BodyKind.Text, FromText(text).Bytes, string.Concat(contentType.AsSpan(0, start), Charsets.Utf8, contentType.AsSpan(start + length)));
    }

    private static FormatException NotInCharset(string name) => new(
        $"A body of the type text/* must be text in its charset, but has bytes that are not {name}. "
        + "Name the charset of the text, or send the bytes as application/octet-stream.");

    private static bool IsJson(ReadOnlySpan<byte> utf8)
    {
        // Utf8JsonReader does not validate the encoding inside strings.
        if (!Utf8.IsValid(utf8)) return false;
        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read()) { }
            return reader.BytesConsumed > 0 && reader.TokenType != JsonTokenType.None;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
