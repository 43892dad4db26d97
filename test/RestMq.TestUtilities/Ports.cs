using System.Net;
using System.Net.Sockets;

namespace RestMq.TestUtilities;

/// <summary>
/// Finds free ports from 12000 to 31999. They are below the system's ephemeral ports. An outgoing connection cannot
/// take such a port while its server is restarted.
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
                // Another process uses the port.
            }
        }
    }
}
