using System.Diagnostics.CodeAnalysis;
using System.Text;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Represents the name of a queue: 1 to 200 bytes of UTF-8 without control characters, white space, <c>/</c>, <c>,</c>,
/// <c>{</c> or <c>}</c>, and not <c>.</c> or <c>..</c>. Names are compared ordinally, so <c>a</c> and <c>A</c> are two
/// queues.
/// </summary>
/// <remarks>
/// Braces are refused because all Redis keys of a queue share one hash tag, <c>{name}</c>. The comma is refused because
/// it separates names in a list, as in <c>/c/a,b</c>. The rest is refused because it could not stand in a URL or a log
/// line unchanged.
/// </remarks>
public sealed record QueueName
{
    /// <summary>The maximum length of a name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 200;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private QueueName(string value) => Value = value;

    /// <summary>Gets the name, unchanged.</summary>
    public string Value { get; }

    /// <summary>
    /// Parses a name. Returns false when the text is not a valid name. <paramref name="error"/> then holds a sentence
    /// that can be shown to the client.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out QueueName? name, [NotNullWhen(false)] out string? error)
    {
        name = null;
        error = ErrorIn(text);
        if (error is not null) return false;
        name = new QueueName(text!);
        return true;
    }

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">The text is not a valid queue name. The message of the exception says
    /// why.</exception>
    public static QueueName Parse(string text) =>
        TryParse(text, out var name, out var error) ? name : throw new FormatException(error);

    /// <summary>Returns the name as text, for the calls that take the names of queues as text.</summary>
    public static implicit operator string(QueueName name) => name.Value;

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Returns the names in a list that commas separate.</summary>
    /// <exception cref="ArgumentException">A name is not valid. The message says the rule.</exception>
    internal static QueueName[] ArgumentList(string names, string parameter) =>
        names is null || !names.Contains(',') ? [Argument(names, parameter)] : [.. names.Split(',').Select(name => Argument(name.Trim(), parameter))];

    /// <summary>Returns the name that an application passed as an argument.</summary>
    /// <exception cref="ArgumentException">The name is not valid. The message says the rule.</exception>
    internal static QueueName Argument(string? text, string parameter) =>
        TryParse(text, out var name, out var error) ? name : throw new ArgumentException(
            string.IsNullOrEmpty(text) ? error : $"{error} The name was '{WireNames.Shorten(text)}'.", parameter);

    private static string? ErrorIn(string? text)
    {
        if (string.IsNullOrEmpty(text)) return $"A queue name must have 1 to {MaxBytes} bytes of UTF-8, but is missing.";
        // The number is exact, also where a name is refused before it is encoded: an invalid surrogate counts as 3
        // bytes.
        if (text.Length > MaxBytes) return TooLong(Encoding.UTF8.GetByteCount(text));
        if (text is "." or "..") return "A queue name must not be '.' or '..', because a URL drops them as path segments.";
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

    private static string TooLong(int bytes) =>
        $"A queue name must have at most {MaxBytes} bytes of UTF-8, but has {bytes}.";
}
