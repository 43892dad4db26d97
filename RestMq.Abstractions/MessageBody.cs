using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RestMq;

/// <summary>What the bytes of a message are, and so how they look in a JSON reply.</summary>
public enum BodyKind
{
    /// <summary>UTF-8 text: a JSON string.</summary>
    Text,

    /// <summary>A JSON text: itself.</summary>
    Json,

    /// <summary>Anything else: a base64 string.</summary>
    Binary,
}

/// <summary>
/// The content of a message: bytes that come back as what they were, by every route. The bytes are kept, not copied: whoever gave them does
/// not change them afterwards.
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

    /// <summary>What the bytes are.</summary>
    public BodyKind Kind { get; }

    /// <summary>The bytes as they were sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The content type that was sent with them; null for a plain text and for JSON without parameters.</summary>
    public string? ContentType { get; }

    /// <summary>The content type to send with the raw bytes.</summary>
    public string RawContentType => ContentType ?? Kind switch
    {
        BodyKind.Text => "text/plain; charset=utf-8",
        BodyKind.Json => JsonType,
        _ => "application/octet-stream",
    };

    /// <summary>A text.</summary>
    public static MessageBody FromText(string text) => new(BodyKind.Text, Encoding.UTF8.GetBytes(text), null);

    /// <summary>A text given as UTF-8, kept as it is; the caller has checked that it is valid.</summary>
    public static MessageBody FromUtf8(ReadOnlyMemory<byte> utf8) => new(BodyKind.Text, utf8, null);

    /// <summary>Bytes with a content type of their own.</summary>
    /// <exception cref="FormatException">The content type is none.</exception>
    public static MessageBody FromBytes(ReadOnlyMemory<byte> bytes, string? contentType = null) =>
        new(BodyKind.Binary, bytes, Checked(contentType));

    /// <summary>A JSON text in UTF-8, kept byte for byte.</summary>
    /// <exception cref="FormatException">It is not one JSON value of at most 64 levels.</exception>
    public static MessageBody FromJson(ReadOnlyMemory<byte> utf8) =>
        IsJson(utf8.Span) ? new(BodyKind.Json, utf8, null) : throw new FormatException("The message is not valid JSON in UTF-8.");

    /// <summary>
    /// What a request body with this content type is: JSON for <c>application/json</c> and <c>+json</c>, text for <c>text/*</c> in UTF-8,
    /// else binary. The content type is kept.
    /// </summary>
    /// <exception cref="FormatException">The content type is none, or says JSON and the bytes are not.</exception>
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

    /// <summary>The same with a content type of its own; null leaves it as it is.</summary>
    /// <exception cref="FormatException">The content type is none.</exception>
    public MessageBody WithContentType(string? contentType) => contentType is null ? this : new(Kind, Bytes, Checked(contentType));

    internal static MessageBody Stored(BodyKind kind, ReadOnlyMemory<byte> bytes, string? contentType) => new(kind, bytes, contentType);

    /// <summary>The body as text: JSON and text as they are, binary as base64.</summary>
    public override string ToString() =>
        Kind == BodyKind.Binary ? Convert.ToBase64String(Bytes.Span) : Encoding.UTF8.GetString(Bytes.Span);

    // It is kept on a line of the store and sent as a header, so it must be fit for both.
    private static string? Checked(string? contentType)
    {
        if (contentType is null) return null;
        var fits = contentType.Length is > 2 and <= 200 && contentType.Contains('/') && !contentType.AsSpan().ContainsAnyExceptInRange(' ', '~');
        return fits ? contentType : throw new FormatException("A content type is at most 200 ASCII characters, such as image/png.");
    }

    private static bool NamesOtherCharset(string contentType) =>
        contentType.Contains("charset", StringComparison.OrdinalIgnoreCase)
        && !contentType.Contains("utf-8", StringComparison.OrdinalIgnoreCase) && !contentType.Contains("us-ascii", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(ReadOnlySpan<byte> utf8)
    {
        // The reader does not look inside strings, so their encoding is checked first.
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
