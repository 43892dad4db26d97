using System.Text;
using Microsoft.AspNetCore.Http;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Reads the header <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header). Its value is a string of
/// Structured Fields (RFC 9651, section 3.3.3), in quotes. A value that does not begin with a quote is the key itself.
/// </summary>
internal static class IdempotencyKeyHeader
{
    /// <summary>Returns the key; null without the header.</summary>
    /// <exception cref="FormatException">The header is sent several times, or its string is not complete.</exception>
    public static string? Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue("Idempotency-Key", out var values)) return null;
        if (values is not [{ } value]) throw new FormatException($"'Idempotency-Key' must be sent once, but was sent {values.Count} times.");
        return value.StartsWith('"') ? Unquoted(value) : value;
    }

    private static string Unquoted(string value)
    {
        var key = new StringBuilder(value.Length);
        for (var i = 1; i < value.Length; i++)
        {
            var c = value[i];
            if (c == '"' && IsEnd(value.AsSpan(i + 1))) return key.ToString();
            if (c == '\\' && ++i < value.Length && value[i] is '"' or '\\') key.Append(value[i]);
            else if (c is '"' or '\\' or < ' ' or > '~') break;
            else key.Append(c);
        }
        throw new FormatException(
            "'Idempotency-Key' must be a string of ASCII in quotes, in which \\ stands before a quote and before \\ itself, or a key "
            + $"without quotes, but was '{WireNames.Shorten(value)}'.");
    }

    // Parameters may follow. None is defined, so they are ignored.
    private static bool IsEnd(ReadOnlySpan<char> rest) => rest.TrimStart(' ') is [] or [';', ..];
}
