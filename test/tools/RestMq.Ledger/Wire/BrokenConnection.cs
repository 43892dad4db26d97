using System.Net.Sockets;
using System.Net.WebSockets;

namespace RestMq.Ledger.Wire;

/// <summary>Recognizes the exceptions of a broken connection and of a missing reply.</summary>
internal static class BrokenConnection
{
    public static bool Is(Exception e) =>
        e is IOException or SocketException or TimeoutException or HttpRequestException or WebSocketException;
}
