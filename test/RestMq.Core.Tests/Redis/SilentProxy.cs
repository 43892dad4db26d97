using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.Redis;

/// <summary>
/// Runs a TCP proxy in front of Redis. It can drop all data on the connections that have subscribed to wake-ups, and
/// keep these connections open, like a firewall that has lost the state of a connection.
/// </summary>
internal sealed class SilentProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Connection, byte> _connections = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Task _accepting;

    public SilentProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Gets the number of connections that have subscribed.</summary>
    public int Subscribers => _connections.Keys.Count(static connection => connection.Subscribes);

    /// <summary>
    /// Drops all data on the connections that have subscribed until now. Later connections are not affected.
    /// </summary>
    public void Silence()
    {
        foreach (var connection in _connections.Keys.Where(static connection => connection.Subscribes)) connection.IsSilent = true;
    }

    /// <summary>Closes the silent connections, so that the client reconnects.</summary>
    public void End()
    {
        foreach (var connection in _connections.Keys.Where(static connection => connection.IsSilent)) connection.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections.Keys) connection.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ForwardAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The proxy was stopped.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var connection = new Connection(client);
        try
        {
            await connection.Server.ConnectAsync(IPAddress.Loopback, _target);
            _connections.TryAdd(connection, 0);
            await Task.WhenAny(CopyAsync(connection, client, connection.Server), CopyAsync(connection, connection.Server, client));
        }
        catch (SocketException)
        {
            // The server cannot be reached. Closing the connection tells the client.
        }
        _connections.TryRemove(connection, out _);
    }

    private static async Task CopyAsync(Connection connection, Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer.AsMemory())) > 0;)
            {
                if (from == connection.Client && Encoding.ASCII.GetString(buffer, 0, read).Contains("\r\nSUBSCRIBE\r\n", StringComparison.Ordinal)) connection.Subscribes = true;
                if (connection.IsSilent) continue;
                for (var some = buffer.AsMemory(0, read); some.Length > 0;) some = some[await to.SendAsync(some)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side has closed, so the other side is closed too.
        }
    }

    private sealed class Connection(Socket client) : IDisposable
    {
        public Socket Client => client;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public volatile bool Subscribes;

        public volatile bool IsSilent;

        public void Dispose()
        {
            client.Dispose();
            Server.Dispose();
        }
    }
}
