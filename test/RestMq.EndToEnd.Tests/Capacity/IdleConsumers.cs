using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.EndToEnd.Capacity;

/// <summary>Holds many idle consumers. Each is a bare socket, to keep the memory of the tests small.</summary>
internal sealed class IdleConsumers : IDisposable
{
    private readonly Dictionary<string, List<Socket>> _sockets = [];

    public int Count => _sockets.Values.Sum(sockets => sockets.Count);

    /// <summary>Opens <paramref name="each"/> consumers of each queue.</summary>
    public async Task OpenAsync(RestMqHost host, Transport transport, IEnumerable<string> queues, int each)
    {
        string[] headers = transport switch
        {
            Transport.Lines => [],
            Transport.Events => ["Accept: text/event-stream"],
            _ => SocketStream.Upgrade("dGhlIHNhbXBsZSBub25jZQ=="),
        };
        var wanted = queues.SelectMany(queue => Enumerable.Repeat(queue, each));
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (queue, _) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            lock (_sockets)
            {
                if (!_sockets.TryGetValue(queue, out var sockets)) _sockets.Add(queue, sockets = []);
                sockets.Add(socket);
            }
            await socket.ConnectAsync(IPAddress.Loopback, host.Port);
            await socket.SendAsync(RawRequest.Write($"GET /c/{queue}?heartbeat=3600", "", headers));
            var buffer = new byte[1024];
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var text = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
            text.Should().Match(head => head.StartsWith("HTTP/1.1 200 ") || head.StartsWith("HTTP/1.1 101 "));
        });
    }

    public void Close(string queue)
    {
        if (!_sockets.Remove(queue, out var sockets)) return;
        foreach (var socket in sockets) socket.Dispose();
    }

    public void Dispose()
    {
        foreach (var queue in _sockets.Keys.ToArray()) Close(queue);
    }
}
