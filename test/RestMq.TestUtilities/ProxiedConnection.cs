using System.Net;
using System.Net.Sockets;

namespace RestMq.TestUtilities;

/// <summary>Forwards one connection through a <see cref="TcpProxy"/>.</summary>
internal sealed class ProxiedConnection : IDisposable
{
    private readonly Socket _client;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Gate _toServer = new();
    private readonly Gate _toClient = new();

    public ProxiedConnection(Socket client)
    {
        _client = client;
        _client.NoDelay = true;
        Client = (IPEndPoint)client.RemoteEndPoint!;
    }

    /// <summary>Gets the address of the client.</summary>
    public IPEndPoint Client { get; }

    public void Set(ProxyMode toServer, ProxyMode toClient)
    {
        var gap = _toServer.Set(toServer) | _toClient.Set(toClient);
        if (gap || toServer == ProxyMode.Reset || toClient == ProxyMode.Reset) Reset();
    }

    public async Task RunAsync(int target)
    {
        try
        {
            // While the client is cut off, the server must not see its connection.
            await _toServer.EndOfCutAsync();
            await _server.ConnectAsync(IPAddress.Loopback, target);
            // Each direction ends separately, so that a half-closed connection works as it does without a proxy.
            await Task.WhenAll(CopyAsync(_client, _server, _toServer), CopyAsync(_server, _client, _toClient));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // No server listens, or the connection was reset meanwhile. The client sees a reset connection.
            Reset();
        }
    }

    /// <summary>Resets both sides (TCP RST), as a machine does that does not know the connection.</summary>
    public void Reset()
    {
        Reset(_client);
        Reset(_server);
        _toServer.Set(ProxyMode.Reset);
        _toClient.Set(ProxyMode.Reset);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task CopyAsync(Socket from, Socket to, Gate gate)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer.AsMemory())) > 0;)
            {
                if (!await gate.PassAsync()) continue;
                for (ReadOnlyMemory<byte> rest = buffer.AsMemory(0, read); rest.Length > 0;) rest = rest[await to.SendAsync(rest)..];
            }
            await gate.EndOfCutAsync();
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of one side resets the other side, but not before a cut has ended.
            await gate.EndOfCutAsync();
            Reset();
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket is already closed.
        }
        socket.Dispose();
    }

    /// <summary>Controls one direction of the connection.</summary>
    private sealed class Gate
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _open = Opened();
        private ProxyMode _mode;
        private bool _dropped;

        /// <summary>Sets the mode. Returns whether this ends a cut in which bytes were dropped.</summary>
        public bool Set(ProxyMode mode)
        {
            lock (_lock)
            {
                _mode = mode;
                var cut = mode is ProxyMode.Stall or ProxyMode.Drop;
                if (!cut) _open.TrySetResult();
                else if (_open.Task.IsCompleted) _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _dropped && !cut;
            }
        }

        /// <summary>
        /// Waits until a stall ends. Returns true when bytes may pass, and false when they are dropped.
        /// </summary>
        public async ValueTask<bool> PassAsync()
        {
            while (true)
            {
                Task open;
                lock (_lock)
                {
                    if (_mode != ProxyMode.Stall)
                    {
                        _dropped |= _mode == ProxyMode.Drop;
                        return _mode == ProxyMode.Open;
                    }
                    open = _open.Task;
                }
                await open;
            }
        }

        /// <summary>Waits until the direction neither stalls nor drops bytes.</summary>
        public async ValueTask EndOfCutAsync()
        {
            while (true)
            {
                Task open;
                lock (_lock) open = _open.Task;
                if (open.IsCompleted) return;
                await open;
            }
        }

        private static TaskCompletionSource Opened()
        {
            var opened = new TaskCompletionSource();
            opened.SetResult();
            return opened;
        }
    }
}
