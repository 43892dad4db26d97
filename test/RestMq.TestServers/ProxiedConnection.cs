using System.Net;
using System.Net.Sockets;

namespace RestMq.TestServers;

/// <summary>A connection through a <see cref="TcpProxy"/>.</summary>
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

    /// <summary>The address of the client.</summary>
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
            // The server does not hear of a client that is cut off.
            await _toServer.EndOfCutAsync();
            await _server.ConnectAsync(IPAddress.Loopback, target);
            // Each way ends for itself, so that a half-closed connection goes on as it would without a proxy.
            await Task.WhenAll(CopyAsync(_client, _server, _toServer), CopyAsync(_server, _client, _toClient));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody is behind it, or it was reset meanwhile. The client is told by its connection's end.
            Reset();
        }
    }

    /// <summary>Ends it on both sides as a machine does that knows nothing of it.</summary>
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
            // A side that died is told to the other one, but not through a cut.
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
            // It has gone already.
        }
        socket.Dispose();
    }

    /// <summary>One way through.</summary>
    private sealed class Gate
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _open = Opened();
        private ProxyMode _mode;
        private bool _dropped;

        /// <summary>Sets the mode; returns whether the cut ends and bytes were thrown away in it.</summary>
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

        /// <summary>Waits out a stall; returns whether bytes may pass, and not be thrown away.</summary>
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

        /// <summary>Waits until it is neither stalled nor throws away.</summary>
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
