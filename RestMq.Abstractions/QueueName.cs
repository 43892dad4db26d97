using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RestMq;

/// <summary>
/// The name of a queue: 1 to 200 bytes of UTF-8 without control characters, white space, <c>/</c>, <c>,</c>, <c>{</c> or <c>}</c>.
/// A queue exists as soon as something is sent to it, so a name is all there is to create.
/// </summary>
/// <remarks>The braces are refused because a queue's Redis keys share one hash tag, <c>{name}</c>; the comma because it separates several names.</remarks>
public sealed record QueueName
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 200;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private QueueName(string value) => Value = value;

    /// <summary>The name as it was sent.</summary>
    public string Value { get; }

    /// <summary>Reads a name; false, with a sentence for the sender in <paramref name="error"/>, when it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out QueueName? name, [NotNullWhen(false)] out string? error)
    {
        name = null;
        error = Refuse(text);
        if (error is not null) return false;
        name = new QueueName(text!);
        return true;
    }

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">It is no queue name; the message says why.</exception>
    public static QueueName Parse(string text) =>
        TryParse(text, out var name, out var error) ? name : throw new FormatException(error);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string? Refuse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "A queue name is missing: give 1 to 200 bytes of UTF-8.";
        if (text.Length > MaxBytes) return TooLong(text.Length);
        if (text is "." or "..") return "A queue cannot be named '.' or '..': a URL cannot hold it.";
        foreach (var c in text)
        {
            if (char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ',' or '{' or '}')
                return "A queue name holds no control characters, white space, '/', ',', '{' or '}'.";
        }
        try
        {
            var bytes = Strict.GetByteCount(text);
            return bytes > MaxBytes ? TooLong(bytes) : null;
        }
        catch (EncoderFallbackException)
        {
            return "A queue name is valid Unicode: this one holds half of a surrogate pair.";
        }
    }

    private static string TooLong(int length) => $"A queue name has at most {MaxBytes} bytes of UTF-8; this one has {length}.";
}
