using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RestMq;

/// <summary>
/// Represents the name of a queue: 1 to 200 bytes of UTF-8 without control characters, white space, <c>/</c>, <c>,</c>,
/// <c>{</c> or <c>}</c>, and not <c>.</c> or <c>..</c>. The first add creates the queue, so nothing else has to be
/// created.
/// </summary>
/// <remarks>
/// Braces are refused because all Redis keys of a queue share one hash tag, <c>{name}</c>. The comma is refused because
/// it separates names in a list.
/// </remarks>
public sealed record QueueName
{
    /// <summary>The maximum length of a name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 200;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private QueueName(string value) => Value = value;

    /// <summary>Gets the name as it was sent.</summary>
    public string Value { get; }

    /// <summary>
    /// Parses a name. Returns false, with a sentence for the sender in <paramref name="error"/>, when the text is not a
    /// valid name.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out QueueName? name, [NotNullWhen(false)] out string? error)
    {
        name = null;
        error = Refuse(text);
        if (error is not null) return false;
        name = new QueueName(text!);
        return true;
    }

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">The text is not a valid queue name. The message of the exception says
    /// why.</exception>
    public static QueueName Parse(string text) =>
        TryParse(text, out var name, out var error) ? name : throw new FormatException(error);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string? Refuse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "A queue name must have 1 to 200 bytes of UTF-8, but is missing.";
        if (text.Length > MaxBytes) return TooLong(text.Length);
        if (text is "." or "..") return "A queue name must not be '.' or '..', because a URL cannot contain it.";
        foreach (var c in text)
        {
            if (char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ',' or '{' or '}')
                return "A queue name must contain no control characters, white space, '/', ',', '{' or '}'.";
        }
        try
        {
            var bytes = Strict.GetByteCount(text);
            return bytes > MaxBytes ? TooLong(bytes) : null;
        }
        catch (EncoderFallbackException)
        {
            return "A queue name must be valid Unicode, but contains half of a surrogate pair.";
        }
    }

    private static string TooLong(int length) =>
        $"A queue name must have at most {MaxBytes} bytes of UTF-8, but has {length}.";
}
