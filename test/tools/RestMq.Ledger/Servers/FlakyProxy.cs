using System.Net;
using System.Net.Sockets;

namespace RestMq.Ledger.Servers;

/// <summary>
/// Proxies TCP connections and resets each one, on both sides, after a random number of bytes. The reset comes inside a
/// request, inside a reply, or between them.
/// </summary>
internal sealed class FlakyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly int _most;
    private readonly Task _accepting;
    private volatile bool _calm;
    private int _resets;

    /// <param name="target">The port of the server behind the proxy.</param>
    /// <param name="most">The largest number of bytes, both directions together, after which a connection is
    /// reset.</param>
    public FlakyProxy(int target, int most)
    {
        (_target, _most) = (target, most);
        Port = Ports.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public int Resets => Volatile.Read(ref _resets);

    /// <summary>Stops the resets.</summary>
    public void CalmDown() => _calm = true;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ForwardAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener was stopped.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var budget = Random.Shared.Next(1, _most);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (SocketException)
        {
            // The server cannot be reached. The client notices when its connection closes.
        }
        finally
        {
            client.Dispose();
        }

        async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                for (int read; (read = await from.ReceiveAsync(buffer.AsMemory())) > 0;)
                {
                    var left = _calm ? int.MaxValue : Interlocked.Add(ref budget, -read);
                    ReadOnlyMemory<byte> some = buffer.AsMemory(0, left >= 0 ? read : Math.Max(read + left, 0));
                    while (some.Length > 0) some = some[await to.SendAsync(some)..];
                    if (left >= 0) continue;
                    Interlocked.Increment(ref _resets);
                    Reset(from);
                    Reset(to);
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // One side has disconnected, so the other side is closed too.
            }
        }
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
