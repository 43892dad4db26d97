using System.Net;
using System.Net.Sockets;

namespace RestMq.TestUtilities;

/// <summary>Specifies what a <see cref="TcpProxy"/> does with a connection.</summary>
public enum ProxyMode
{
    /// <summary>All bytes pass.</summary>
    Open,

    /// <summary>
    /// No bytes pass and neither side is notified, as when packets get lost. When the proxy opens again, the held bytes
    /// follow, as TCP sends lost packets again.
    /// </summary>
    Stall,

    /// <summary>
    /// All bytes are dropped. When the proxy opens again, the connection is reset, because the gap cannot be repaired.
    /// </summary>
    Drop,

    /// <summary>Connections are reset. New connections are reset at once.</summary>
    Reset,
}

/// <summary>
/// Runs a TCP proxy in front of a server on the loopback. A test can cut it in one direction or both, for all clients
/// or for some. So tests can make a partition without root. Servers of a partition must announce the address of their
/// proxy.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly Task _accepting;
    private Func<IPEndPoint, ProxyMode> _toServer = _ => ProxyMode.Open;
    private Func<IPEndPoint, ProxyMode> _toClient = _ => ProxyMode.Open;

    /// <param name="target">The port of the server. 0 when it is set later.</param>
    public TcpProxy(int target = 0)
    {
        Target = target;
        (_listener, Port) = Listen();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Gets or sets the port of the server, for new connections.</summary>
    public int Target { get; set; }

    /// <summary>Sets one mode for all connections and both directions.</summary>
    public void Set(ProxyMode mode) => Set(_ => mode, _ => mode);

    /// <summary>Sets one mode for each direction, for all connections.</summary>
    public void Set(ProxyMode toServer, ProxyMode toClient) => Set(_ => toServer, _ => toClient);

    /// <summary>Sets a function that chooses the mode by the client's address, for open and new connections.</summary>
    public void Set(Func<IPEndPoint, ProxyMode> mode) => Set(mode, mode);

    /// <summary>Resets the open connections. New connections follow the mode.</summary>
    public void ResetAll()
    {
        foreach (var connection in Connections()) connection.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        ResetAll();
        await _accepting;
        _closing.Dispose();
    }

    private void Set(Func<IPEndPoint, ProxyMode> toServer, Func<IPEndPoint, ProxyMode> toClient)
    {
        lock (_lock) (_toServer, _toClient) = (toServer, toClient);
        foreach (var connection in Connections()) Apply(connection);
    }

    private void Apply(ProxiedConnection connection)
    {
        lock (_lock) connection.Set(_toServer(connection.Client), _toClient(connection.Client));
    }

    private ProxiedConnection[] Connections()
    {
        lock (_lock) return [.. _connections];
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ForwardAsync(await _listener.AcceptSocketAsync(_closing.Token));
        }
        catch (Exception e) when (
            e is SocketException or ObjectDisposedException or OperationCanceledException
            || (e is InvalidOperationException && _closing.IsCancellationRequested))
        {
            // The proxy was closed.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var connection = new ProxiedConnection(client);
        lock (_lock) _connections.Add(connection);
        try
        {
            Apply(connection);
            await connection.RunAsync(Target);
        }
        finally
        {
            lock (_lock) _connections.Remove(connection);
        }
    }

    private static (TcpListener Listener, int Port) Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = Ports.Next();
            var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return (listener, port);
            }
            catch (SocketException) when (attempt < 5)
            {
                listener.Dispose();
            }
        }
    }
}
