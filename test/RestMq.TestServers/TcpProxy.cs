using System.Net;
using System.Net.Sockets;

namespace RestMq.TestServers;

/// <summary>What a <see cref="TcpProxy"/> does with a connection.</summary>
public enum ProxyMode
{
    /// <summary>Everything passes.</summary>
    Open,

    /// <summary>
    /// Nothing passes, and nobody is told, as when packets get lost on the way. When the proxy opens again the held
    /// bytes follow, as TCP sends them again.
    /// </summary>
    Stall,

    /// <summary>
    /// Whatever comes is thrown away. When the proxy opens again the connection is reset, for a gap in it cannot be
    /// mended.
    /// </summary>
    Drop,

    /// <summary>Connections are reset, new ones at once.</summary>
    Reset,
}

/// <summary>
/// A TCP proxy before a server on the loopback that can be cut, both ways or one way, for everyone or for some clients,
/// so that tests can make a partition without root. Servers of a partition must announce the address of their proxy.
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

    /// <param name="target">The port of the server behind it; 0 when it comes later.</param>
    public TcpProxy(int target = 0)
    {
        Target = target;
        (_listener, Port) = Listen();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>The port of the server behind it, for connections to come.</summary>
    public int Target { get; set; }

    /// <summary>Does the same with every connection, both ways.</summary>
    public void Set(ProxyMode mode) => Set(_ => mode, _ => mode);

    /// <summary>Does the same with every connection, another thing each way.</summary>
    public void Set(ProxyMode toServer, ProxyMode toClient) => Set(_ => toServer, _ => toClient);

    /// <summary>Decides by the client's address, for open connections and for those to come.</summary>
    public void Set(Func<IPEndPoint, ProxyMode> mode) => Set(mode, mode);

    /// <summary>Resets the connections that are open; new ones follow the mode.</summary>
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
            // It was closed.
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
