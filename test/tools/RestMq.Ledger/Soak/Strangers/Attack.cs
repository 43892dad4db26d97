using System.Net;
using System.Net.Sockets;

namespace RestMq.Ledger.Soak.Strangers;

/// <summary>
/// Runs one kind of hostile client over several connections, from an address of its own. A connection that the host ends
/// is opened again.
/// </summary>
internal sealed class Attack(HostileClient client, int number, int port)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private int _opened;
    private int _ended;

    public Task RunAsync(CancellationToken end) => Task.WhenAll(Enumerable.Range(0, client.Connections).Select(n => Task.Run(() => ConnectAsync(n, end), CancellationToken.None)));

    public override string ToString() => $"{client.Name}: {_opened} connections opened, {_ended} of them ended by the host.";

    private async Task ConnectAsync(int connection, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(number + 1)]), 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), end);
                Interlocked.Increment(ref _opened);
                await using var stream = new NetworkStream(socket);
                await client.SendAsync(stream, connection, end);
                Interlocked.Increment(ref _ended);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.Increment(ref _ended);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
