using System.Net;
using System.Net.Sockets;

namespace RestMq.Sample.Access;

/// <summary>Who is let in by address: the narrowest network that holds it decides, and at a tie the denial.</summary>
internal sealed class NetworkRules(IReadOnlyList<IPNetwork> allow, IReadOnlyList<IPNetwork> deny)
{
    public static NetworkRules None { get; } = new([], []);

    /// <summary>Whether somebody is let in by name.</summary>
    public bool Allows => allow.Count > 0;

    public bool LetsIn(IPAddress? address)
    {
        if (allow.Count + deny.Count == 0) return true;
        if (address is null) return false; // Not over a network, so no network of a list holds it.
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var (allowed, denied) = (Narrowest(allow, address), Narrowest(deny, address));
        return allowed > denied || (allowed == denied && allowed < 0 && allow.Count == 0);
    }

    /// <summary>Reads one network of a list. <c>all</c> is two, and a beginning (<c>10.1.</c>) is what the original's file had.</summary>
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
