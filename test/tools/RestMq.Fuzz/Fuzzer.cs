using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RestMq.TestUtilities.Wire;
using RestMq.Fuzz.Inputs;

namespace RestMq.Fuzz;

/// <summary>
/// Sends inputs to a host and checks the replies. Requests in valid framing are pipelined over connections that stay
/// open, so that a million inputs take only minutes. Each stream and each input that is not a request gets its own
/// connection.
/// </summary>
internal sealed class Fuzzer(int port, int seed)
{
    private const int Connections = 24;
    private const int Together = 16;

    // How long to wait for more of a reply before disconnecting. The bytes may not be a whole request.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly InputMaker _maker = new(seed);
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<int, long> _statuses = new();
    private long _next;

    /// <summary>Gets the failures, each with the bytes that caused it.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>
    /// Gets the number of replies for each status. The status 0 stands for no reply, where none was due.
    /// </summary>
    public IReadOnlyDictionary<int, long> Statuses => _statuses;

    /// <summary>Sends the inputs with the given numbers.</summary>
    public async Task RunAsync(long first, long count, Action<long>? progress = null)
    {
        _next = first;
        var end = first + count;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            RawConnection? connection = null;
            for (var from = Take(); from < end && _failures.Count < 20; from = Take())
            {
                var inputs = Enumerable.Range(0, (int)Math.Min(Together, end - from)).Select(i => _maker.Make(from + i)).ToArray();
                connection = await SendFramedAsync(connection, [.. inputs.Where(input => input.Kind == InputKind.Framed)]);
                foreach (var input in inputs.Where(input => input.Kind != InputKind.Framed)) await SendAloneAsync(input);
                progress?.Invoke(from);
            }
            if (connection is not null) await connection.DisposeAsync();
        })));

        long Take() => Interlocked.Add(ref _next, Together) - Together;
    }

    // Pipelines the inputs and reads the replies in the same order. When the host closes the connection, the rest goes
    // over a new one.
    private async Task<RawConnection?> SendFramedAsync(RawConnection? connection, Input[] inputs)
    {
        for (var done = 0; done < inputs.Length;)
        {
            var before = done;
            var open = connection ?? await RawConnection.OpenAsync(port);
            var sending = SendAllAsync(open, inputs[done..]);
            var closed = false;
            try
            {
                while (!closed && done < inputs.Length)
                {
                    var reply = await open.ReadReplyAsync(inputs[done].IsHead);
                    closed = Check(inputs[done], reply) || reply.Header("Connection") == "close";
                    done++;
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // When the host closes with unread bytes, TCP can lose its last reply. So this input is sent again by
                // itself.
                if (done == before)
                {
                    if (inputs.Length == 1) Fail(inputs[done], $"got no reply, or an unreadable one: {e.Message}");
                    else await CloseAsync(await SendFramedAsync(null, [inputs[done]]));
                    done++;
                }
                closed = true;
            }
            if (closed) await CloseAsync(open);
            await sending;
            connection = closed ? null : open;
        }
        return connection;

        static async Task CloseAsync(RawConnection? connection)
        {
            if (connection is not null) await connection.DisposeAsync();
        }
    }

    private static async Task SendAllAsync(RawConnection connection, Input[] inputs)
    {
        try
        {
            await connection.SendAsync(inputs.SelectMany(input => input.Bytes).ToArray());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The host has closed the connection. The reader sees the reason.
        }
    }

    private async Task SendAloneAsync(Input input)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var received = new List<byte>();
        var stage = "sending";
        try
        {
            using var deadline = new CancellationTokenSource(Patience);
            await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
            // The input is sent in two pieces, because the host must not depend on where a packet ends.
            var cut = input.Bytes.Length * (int)(input.Number % 8) / 8;
            if (cut > 0) await socket.SendAsync(input.Bytes.AsMemory(0, cut), deadline.Token);
            await socket.SendAsync(input.Bytes.AsMemory(cut), deadline.Token);
            stage = "waiting for the end after disconnecting";
            var buffer = new byte[8192];
            var hungUp = false;
            while (true)
            {
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
                if (!hungUp) pause.CancelAfter(Pause);
                try
                {
                    var read = await socket.ReceiveAsync(buffer, pause.Token);
                    if (read == 0) break;
                    if (received.Count < 100_000) received.AddRange(buffer.AsSpan(0, read));
                    // A stream may be endless, so 100,000 bytes of it are enough.
                    if (hungUp || received.Count < 100_000) continue;
                }
                catch (OperationCanceledException) when (!deadline.IsCancellationRequested)
                {
                }
                hungUp = true;
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (OperationCanceledException)
        {
            Fail(input, $"hangs while {stage}, after it received {Escaped.Show(received.ToArray(), 300)}");
        }
        catch (SocketException)
        {
            // The host may close a connection that sends invalid bytes.
        }
        CheckHead(input, received.ToArray());
    }

    // Returns whether the connection can no longer be used.
    private bool Check(Input input, RawReply reply)
    {
        Count(reply.Status);
        if (reply.Status >= 500) Fail(input, $"was answered with {reply}");
        else if (reply.MediaType is "application/json" or "application/problem+json"
            && reply.Body.Length > 0 && !IsJson(reply.Body))
            Fail(input, $"was answered with invalid JSON: {reply}");
        return reply.Status == 101;
    }

    private void CheckHead(Input input, byte[] received)
    {
        if (received.Length == 0)
        {
            Count(0);
            return;
        }
        var text = Encoding.ASCII.GetString(received, 0, Math.Min(received.Length, 12));
        if (!text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || !int.TryParse(text.AsSpan(9), out var status))
        {
            Fail(input, $"was answered with bytes that are not HTTP: {Escaped.Show(received, 300)}");
            return;
        }
        Count(status);
        // 505 is the correct status for a version such as HTTP/7.1.
        if (status >= 500 && status != 505) Fail(input, $"was answered with {Escaped.Show(received, 1000)}");
    }

    private static bool IsJson(byte[] body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 100 });
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Count(int status) => _statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);

    private void Fail(Input input, string what) =>
        _failures.Enqueue($"Input {input.Number} of seed {seed} ({input.Kind}) {what}\n  sent: {string.Concat(input.Bytes.Take(4000).Select(Shown))}");

    // Escapes a byte so that the input can be sent again with: printf '…' | nc.
    private static string Shown(byte b) => b switch
    {
        (byte)'\\' => @"\\",
        (byte)'\r' => @"\r",
        (byte)'\n' => @"\n",
        (byte)'%' => "%%",
        (byte)'\'' => @"\x27",
        >= 32 and < 127 => $"{(char)b}",
        _ => $"\\x{b:x2}",
    };
}
