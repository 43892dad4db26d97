using System.Text.RegularExpressions;

namespace RestMq.Wire;

/// <summary>Checks a <c>tracestate</c> by W3C Trace Context, section 3.3.</summary>
internal static partial class TraceStates
{
    private const int MaxLength = 512; // The standard asks every participant to carry at least this.

    /// <summary>
    /// Returns whether a text is a list of at most 32 <c>key=value</c>, and short enough to travel with every message.
    /// </summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= MaxLength && text.Split(',') is { Length: <= 32 } members
            && Array.TrueForAll(members, static member => member.Trim(' ', '\t') is var entry && (entry == "" || Entry().IsMatch(entry)));

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2B\x2D-\x3C\x3E-\x7E]{1,256}\z")]
    private static partial Regex Entry();
}
