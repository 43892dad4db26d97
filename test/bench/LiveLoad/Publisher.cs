using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.Bench.LiveLoad;

/// <summary>
/// Posts over one connection, one message a request. A request is sent when the previous request is answered.
/// </summary>
internal sealed class Publisher(int port, string path, Received received, double rate, int index)
{
    public const int Connections = 4;

    // Half of the history that both servers keep. Without this limit the benchmark would measure how fast messages are
    // lost.
    private const int MostAhead = 500;

    private static long _posted;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[4096];

    public long Posts { get; private set; }

    public void Run(long start, TimeSpan time)
    {
        _socket.Connect(IPAddress.Loopback, port);
        var head = $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 32\r\n\r\nvalue=@";
        var request = Encoding.ASCII.GetBytes(head + new string('.', 25));
        var stamp = request.AsSpan(head.Length, 16);
        var every = Stopwatch.Frequency * Connections / rate; // 0 means as fast as they are answered.
        for (var due = start + (every * index / Connections); ; due += every)
        {
            while (every > 0 ? Stopwatch.GetTimestamp() < due : Volatile.Read(ref _posted) - received.Each >= MostAhead && !IsOver()) Thread.Sleep(1);
            if (IsOver()) return;

            Stopwatch.GetTimestamp().TryFormat(stamp, out _, "x16");
            _socket.Send(request);
            Interlocked.Increment(ref _posted);
            ReadAnswer();
            Posts++;
        }

        bool IsOver() => Stopwatch.GetElapsedTime(start) >= time;
    }

    private void ReadAnswer()
    {
        for (var have = 0; ;)
        {
            var read = _socket.Receive(_answer.AsSpan(have));
            if (read == 0)
                throw new InvalidOperationException("The server must answer a post, but closed the connection.");
            have += read;
            var text = Encoding.ASCII.GetString(_answer, 0, have);
            var body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            if (body < 4) continue;
            if (!text.StartsWith("HTTP/1.1 20", StringComparison.Ordinal))
                throw new InvalidOperationException($"A post must be answered with success, but was: {text}");
            const string Length = "Content-Length: ";
            var at = text.IndexOf(Length, StringComparison.Ordinal) + Length.Length;
            if (have == body + int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), provider: null)) return;
        }
    }
}
