using System.Net;
using System.Net.Sockets;

namespace RestMq.Server.Access;

/// <summary>
/// Allows or denies addresses. The narrowest network that contains an address decides; at a tie, the address is denied.
/// </summary>
internal sealed class NetworkRules(IReadOnlyList<IPNetwork> allow, IReadOnlyList<IPNetwork> deny)
{
    public static NetworkRules None { get; } = new([], []);

    /// <summary>Gets whether there are no networks, so that every address is let in.</summary>
    public bool IsEmpty => allow.Count + deny.Count == 0;

    /// <summary>Gets whether the allow list has networks.</summary>
    public bool Allows => allow.Count > 0;

    public bool LetsIn(IPAddress? address)
    {
        if (IsEmpty) return true;
        if (address is null) return false; // A Unix socket, or hidden behind a proxy: no list contains it.
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var (allowed, denied) = (Narrowest(allow, address), Narrowest(deny, address));
        return allowed > denied || (allowed == denied && allowed < 0 && allow.Count == 0);
    }

    /// <summary>
    /// Reads one entry of a list. <c>all</c> adds two networks, IPv4 and IPv6. A prefix such as <c>10.1.</c> is the
    /// notation of the original's ACL file.
    /// </summary>
    public static bool TryParse(string text, List<IPNetwork> networks)
    {
        text = text.Trim();
        if (text.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            networks.Add(new IPNetwork(IPAddress.Any, 0));
            networks.Add(new IPNetwork(IPAddress.IPv6Any, 0));
            return true;
        }
        if (text.Contains(':') || text.Contains('/')) return TryParseWhole(text, networks);
        var parts = text.TrimEnd('.').Split('.');
        if (parts.Length > 4 || !parts.All(part => byte.TryParse(part, out _))) return false;
        return TryParseWhole(string.Join('.', parts.Concat(Enumerable.Repeat("0", 4 - parts.Length))) + $"/{parts.Length * 8}", networks);
    }

    private static bool TryParseWhole(string text, List<IPNetwork> networks)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            return true;
        }
        if (!IPNetwork.TryParse(text, out var network)) return false;
        networks.Add(network);
        return true;
    }

    private static int Narrowest(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        var narrowest = -1;
        foreach (var network in networks)
        {
            if (network.Contains(address)) narrowest = Math.Max(narrowest, network.PrefixLength);
        }
        return narrowest;
    }
}
