using System.Net;
using System.Net.Sockets;

namespace RestMq.TestServers;

/// <summary>
/// Ports that stay a server's own while it is dead: below those that the system gives to connections going out, one of which could otherwise
/// take the port of a server that is about to come back.
/// </summary>
public static class Ports
{
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
