using System.Net;

namespace RestMq.Access;

/// <summary>
/// Detects host names that always mean this machine. Any other name, also <c>0.0.0.0</c> or a name without dots, can be
/// made to resolve to this machine, so that a page of that name is of the same origin (DNS rebinding).
/// </summary>
internal static class LocalName
{
    /// <summary>
    /// Returns whether a host without its port is <c>localhost</c>, a name below <c>.localhost</c>, an IPv4 address of
    /// <c>127.0.0.0/8</c> in four decimal numbers, or <c>[::1]</c>.
    /// </summary>
    public static bool Is(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) && host.Length > ".localhost".Length)
        || host == "[::1]"
        // IPAddress also reads short, octal and hexadecimal forms, such as 127.1. A browser sends none of these.
        || (host.StartsWith("127.", StringComparison.Ordinal) && IPAddress.TryParse(host, out var address) && address.ToString() == host);
}
