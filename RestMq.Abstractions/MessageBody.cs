using System.Text;
using System.Text.Json;
using System.Text.Unicode;

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
    public static MessageBody FromText(string text) => new(BodyKind.Text, Encoding.UTF8.GetBytes(text), null);

    /// <summary>Creates a text body from UTF-8 bytes. The method does not check that they are valid UTF-8.</summary>
    public static MessageBody FromUtf8(ReadOnlyMemory<byte> utf8) => new(BodyKind.Text, utf8, null);

    /// <summary>Creates a binary body with an optional content type.</summary>
    /// <exception cref="FormatException">The content type is invalid.</exception>
    public static MessageBody FromBytes(ReadOnlyMemory<byte> bytes, string? contentType = null) =>
        new(BodyKind.Binary, bytes, Checked(contentType));

    /// <summary>Creates a body from a JSON value in UTF-8, which is kept byte for byte.</summary>
    /// <exception cref="FormatException">The bytes are not one JSON value of at most 64 levels.</exception>
    public static MessageBody FromJson(ReadOnlyMemory<byte> utf8) => IsJson(utf8.Span)
        ? new(BodyKind.Json, utf8, null)
        : throw new FormatException(
            "A JSON message must be valid JSON in UTF-8, at most 64 levels deep, but these bytes are not.");

    /// <summary>
    /// Creates the body of a request with this content type. <c>application/json</c> and <c>+json</c> make it JSON,
    /// <c>text/*</c> in UTF-8 makes it text, and any other type makes it binary. The content type is kept.
    /// </summary>
    /// <exception cref="FormatException">The content type is invalid, or it names JSON and the bytes are not
    /// JSON.</exception>
    public static MessageBody FromRequest(ReadOnlyMemory<byte> bytes, string? contentType)
    {
        Checked(contentType);
        var parameters = contentType?.IndexOf(';') ?? -1;
        var media = (parameters < 0 ? contentType : contentType![..parameters])?.Trim() ?? "";
        if (media.Equals(JsonType, StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        {
            FromJson(bytes);
            return new(BodyKind.Json, bytes, contentType == JsonType ? null : contentType);
        }
        var isText = media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            && (parameters < 0 || !NamesOtherCharset(contentType!)) && Utf8.IsValid(bytes.Span);
        return new(isText ? BodyKind.Text : BodyKind.Binary, bytes, contentType);
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

    private static bool NamesOtherCharset(string contentType) =>
        contentType.Contains("charset", StringComparison.OrdinalIgnoreCase)
        && !contentType.Contains("utf-8", StringComparison.OrdinalIgnoreCase) && !contentType.Contains("us-ascii", StringComparison.OrdinalIgnoreCase);

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
