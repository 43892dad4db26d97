using System.Net.Sockets;
using System.Net.WebSockets;

namespace RestMq.Ledger.Wire;

/// <summary>What a client sees when its connection breaks, in whatever way, or when no answer comes.</summary>
internal static class Broken
{
    public static bool Is(Exception e) =>
        e is IOException or SocketException or TimeoutException or HttpRequestException or WebSocketException;
}
