using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.Bench.LiveLoad;

/// <summary>
/// Reads one live stream. In every framing a message is an at sign and 16 hexadecimal digits, the time of its post. A
/// server could split a message into two chunks within the digits. The subscriber does not support that and fails,
/// instead of counting the message as lost.
/// </summary>
internal sealed class Subscriber(Socket socket, Received received)
{
    private const int Digits = 16;

    private readonly byte[] _stamp = new byte[Digits];
    private int _have = -1; // The number of digits of the current message that have been read. -1 between messages.

    /// <summary>Opens the stream. The task completes when the server has answered.</summary>
    public static async Task ConnectAsync(int port, string path, Received received)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        // The subscriber asks for server-sent events. A path that ends in ?lines asks for the server's default: lines.
        var accept = path.EndsWith("?lines", StringComparison.Ordinal) ? "*/*" : "text/event-stream";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\n\r\n"));

        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer);
        var head = Encoding.ASCII.GetString(buffer, 0, read);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            throw new InvalidOperationException($"A stream must be answered with 200, but the answer was: {head}");
        _ = new Subscriber(socket, received).ReadAsync().ContinueWith(
            static read => Environment.FailFast("A stream could not be read.", read.Exception), TaskContinuationOptions.OnlyOnFaulted);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await socket.ReceiveAsync(buffer)) > 0) Take(buffer.AsSpan(0, read));
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_have < 0)
            {
                var at = bytes.IndexOf((byte)'@');
                if (at < 0) return;
                bytes = bytes[(at + 1)..];
                _have = 0;
            }
            var part = bytes[..Math.Min(Digits - _have, bytes.Length)];
            part.CopyTo(_stamp.AsSpan(_have));
            bytes = bytes[part.Length..];
            _have += part.Length;
            if (_have < Digits) return;
            received.Add(long.Parse(_stamp, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            _have = -1;
        }
    }
}
