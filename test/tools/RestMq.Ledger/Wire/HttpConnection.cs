using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.Ledger.Wire;

/// <summary>
/// Sends requests over one TCP connection, one after another. It retries nothing, and it can disconnect at any byte.
/// The ledger must know what was sent, how often, and how much of the reply came.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private HttpConnection(Socket socket) => _socket = socket;

    /// <summary>Gets or sets how many more bytes are read before the connection is reset. Null for no limit.</summary>
    public int? CutAfter { get; set; }

    /// <param name="receiveBuffer">The size of the receive buffer in bytes. A small buffer keeps unread bytes on the
    /// host's side.</param>
    public static async Task<HttpConnection> OpenAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
            using var deadline = new CancellationTokenSource(Patience);
            await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
            return new HttpConnection(socket);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException)
                throw new TimeoutException(
                    $"A connection to port {port} must open within {Patience.TotalSeconds} s, but did not.", e);
            throw;
        }
    }

    /// <summary>
    /// Sends a request, and reads the whole reply. Every failure is an exception that <see cref="BrokenConnection"/> recognizes.
    /// </summary>
    /// <param name="line">The method and the path, such as <c>GET /q/test</c>.</param>
    /// <param name="form">The body of a form. Null for no body.</param>
    /// <param name="headers">Further header lines.</param>
    public async Task<HttpReply> AskAsync(string line, string? form = null, params string[] headers)
    {
        var request = new StringBuilder($"{line} HTTP/1.1\r\nHost: localhost\r\n");
        foreach (var header in headers) request.Append(header).Append("\r\n");
        if (form is not null) request.Append(CultureInfo.InvariantCulture, $"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length}\r\n");
        request.Append("\r\n").Append(form);
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            ReadOnlyMemory<byte> bytes = Encoding.ASCII.GetBytes(request.ToString());
            while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, deadline.Token)..];
            return await ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"'{line}' must be answered within {Patience.TotalSeconds} s, but was not.", e);
        }
    }

    /// <summary>
    /// Closes the connection with a reset, as the system does for a killed process that has unread bytes.
    /// </summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<HttpReply> ReadAsync(CancellationToken cancellationToken)
    {
        var status = int.Parse((await ReadLineAsync(cancellationToken)).AsSpan(9, 3), CultureInfo.InvariantCulture);
        var length = 0;
        for (var line = await ReadLineAsync(cancellationToken); line.Length > 0; line = await ReadLineAsync(cancellationToken))
        {
            const string Length = "Content-Length: ";
            if (line.StartsWith(Length, StringComparison.OrdinalIgnoreCase)) length = int.Parse(line.AsSpan(Length.Length), CultureInfo.InvariantCulture);
            if (line.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                throw new InvalidOperationException("A reply must have a Content-Length, but had a Transfer-Encoding.");
        }
        var body = new byte[length];
        for (var have = 0; have < length;)
        {
            if (_start == _end) await FillAsync(cancellationToken);
            var some = Math.Min(length - have, _end - _start);
            _buffer.AsSpan(_start, some).CopyTo(body.AsSpan(have));
            _start += some;
            have += some;
        }
        return new HttpReply(status, body);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end) await FillAsync(cancellationToken);
            var next = (char)_buffer[_start++];
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append(next);
        }
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        var most = Math.Min(CutAfter ?? int.MaxValue, _buffer.Length);
        if (most == 0)
        {
            Reset();
            throw new CutOffException();
        }
        _start = 0;
        _end = await _socket.ReceiveAsync(_buffer.AsMemory(0, most), cancellationToken);
        CutAfter -= _end;
        if (_end == 0) throw new EndOfStreamException("The connection ended inside a reply.");
    }
}

/// <summary>Tells that this client closed its connection on purpose.</summary>
internal sealed class CutOffException() : IOException("This client closed its connection on purpose.");
