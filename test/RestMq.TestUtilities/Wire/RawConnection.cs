using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.TestUtilities.Wire;

/// <summary>
/// Opens one TCP connection to a host, and reads single HTTP replies from it. Every read has a deadline of 15 seconds.
/// </summary>
public sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>Connects to a port of this machine.</summary>
    /// <param name="port">The port.</param>
    /// <param name="receiveBuffer">The size of the receive buffer in bytes. A small buffer fills up quickly.</param>
    public static async Task<RawConnection> OpenAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawConnection(socket);
    }

    /// <summary>Sends a request and reads its reply. Asserts that no bytes follow the reply.</summary>
    public async Task<RawReply> AskAsync(string line, string? body = null, params string[] headers)
    {
        await SendAsync(RawRequest.Write(line, body, headers));
        var reply = await ReadReplyAsync(line.StartsWith("HEAD ", StringComparison.Ordinal));
        HasNothingUnread();
        return reply;
    }

    public async Task<RawReply> AskAsync(string line, byte[] body, params string[] headers)
    {
        await SendAsync(RawRequest.Write(line, body, headers));
        var reply = await ReadReplyAsync();
        HasNothingUnread();
        return reply;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, deadline.Token)..];
    }

    public Task SendAsync(string ascii) => SendAsync(Encoding.ASCII.GetBytes(ascii));

    /// <summary>Reads one reply with its body.</summary>
    /// <param name="bodyless">
    /// Whether the reply has no body although it states a length, as the reply to a HEAD request does.
    /// </param>
    public async Task<RawReply> ReadReplyAsync(bool bodyless = false)
    {
        var head = await ReadHeadAsync();
        if (bodyless || head.Status is 204 or 304) return head;
        if (head.Header("Transfer-Encoding") is { } coding)
        {
            coding.Should().Be("chunked");
            using var body = new MemoryStream();
            while (await ReadChunkAsync() is { } chunk) body.Write(chunk);
            return head with { Body = body.ToArray() };
        }
        var length = head.Header("Content-Length");
        return head with { Body = length is null ? await ReadToEndAsync() : await ReadAsync(int.Parse(length, CultureInfo.InvariantCulture)) };
    }

    /// <summary>
    /// Reads a status line and headers. An interim 100 before them sets <see cref="RawReply.Continued"/>.
    /// </summary>
    public async Task<RawReply> ReadHeadAsync()
    {
        var status = await ReadLineAsync();
        status.Should().MatchRegex("^HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?$", "a reply begins with a status line");
        var headers = new List<KeyValuePair<string, string>>();
        for (var line = await ReadLineAsync(); line.Length > 0; line = await ReadLineAsync())
        {
            var colon = line.IndexOf(':');
            colon.Should().BePositive($"this is a header: {line}");
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }
        var code = int.Parse(status.AsSpan(9, 3), CultureInfo.InvariantCulture);
        return code == 100 ? await ReadHeadAsync() with { Continued = true } : new RawReply(code, headers, []);
    }

    /// <summary>Reads one chunk. Returns null for the last chunk, after the empty line that follows it.</summary>
    public async Task<byte[]?> ReadChunkAsync()
    {
        var size = int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var chunk = await ReadAsync(size);
        (await ReadLineAsync()).Should().BeEmpty("a chunk has the length that it states");
        return size == 0 ? null : chunk;
    }

    /// <summary>Reads a line and returns it without its CRLF.</summary>
    public async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            if (_start == _end && !await FillAsync()) throw new EndOfStreamException($"The connection ended after '{Show(line)}'.");
            var b = _buffer[_start++];
            if (b != '\n')
            {
                line.Add(b);
                continue;
            }
            (line.Count > 0 && line[^1] == '\r').Should().BeTrue(
                $"a line must end in CRLF, but this line ends in LF: {Show(line)}");
            line.RemoveAt(line.Count - 1);
            return Encoding.UTF8.GetString([.. line]);
        }
    }

    public async Task<byte[]> ReadToEndAsync()
    {
        using var bytes = new MemoryStream();
        do
        {
            bytes.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync());
        return bytes.ToArray();
    }

    /// <summary>Asserts that the host closes the connection without sending any more bytes.</summary>
    public async Task EndsAsync() => Escaped.Show(await ReadToEndAsync()).Should().BeEmpty("the connection ends here");

    public void HasNothingUnread() => (_end - _start + _socket.Available).Should().Be(0, "no bytes follow the reply");

    /// <summary>Resets the connection, as a process does that is killed before it has read everything.</summary>
    public void Kill()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            if (_start == _end && !await FillAsync())
                throw new EndOfStreamException($"The connection ended after {done} of {count} bytes: {Escaped.Show(bytes.AsSpan(0, done))}");
            var n = Math.Min(count - done, _end - _start);
            Array.Copy(_buffer, _start, bytes, done, n);
            _start += n;
            done += n;
        }
        return bytes;
    }

    private async Task<bool> FillAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            _start = 0;
            _end = 0;
            _end = await _socket.ReceiveAsync(_buffer.AsMemory(), deadline.Token);
            return _end > 0;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"The host must answer within {Patience.TotalSeconds} seconds, but sent nothing.");
        }
    }

    private static string Show(List<byte> line) => Escaped.Show(line.ToArray());
}
