using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>Implements a WebSocket client (RFC 6455) that shows every frame, which the usual clients hide.</summary>
public sealed class SocketStream : LiveStream
{
    public const int Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private readonly RawConnection _connection;
    private readonly Queue<LiveItem> _kept = new();
    private bool _closing;

    private SocketStream(RawConnection connection, RawReply head) => (_connection, Head) = (connection, head);

    public override RawReply Head { get; }

    /// <summary>Gets the status of the host's close frame.</summary>
    public int? CloseStatus { get; private set; }

    /// <summary>Gets the reason in the host's close frame; null before it.</summary>
    public string? CloseReason { get; private set; }

    /// <summary>Sends bytes as they are, such as a frame that RFC 6455 forbids.</summary>
    public Task SendRawAsync(byte[] bytes) => _connection.SendAsync(bytes);

    /// <summary>Returns the headers that request a WebSocket.</summary>
    public static string[] Upgrade(string key) => ["Upgrade: websocket", "Connection: Upgrade", $"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"];

    public static async Task<SocketStream> OpenAsync(int port, string target, int? receiveBuffer = null, params string[] headers)
    {
        var connection = await RawConnection.OpenAsync(port, receiveBuffer);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await connection.SendAsync(RawRequest.Write($"GET {target}", "", [.. headers, .. Upgrade(key)]));
        var head = await connection.ReadHeadAsync();
        if (head.Status != 101)
            throw new InvalidOperationException(
                $"GET {target} must return a WebSocket with status 101, but the reply was\n{head}");
#pragma warning disable CA5350 // RFC 6455 requires SHA-1.
        head.Header("Sec-WebSocket-Accept").Should().Be(Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))));
#pragma warning restore CA5350
        return new SocketStream(connection, head);
    }

    public override async Task<LiveItem?> ReadAsync() => _kept.TryDequeue(out var kept) ? kept : await ReadFrameAsync();

    /// <summary>Returns the next reply to a command. Keeps the items before it for later reads.</summary>
    public async Task<JsonElement> NextReplyAsync()
    {
        while (true)
        {
            var item = await ReadFrameAsync() ?? throw new EndOfStreamException(
                "The socket ended, but a reply was expected.");
            if (item.Kind == ItemKind.Reply) return item.Json;
            _kept.Enqueue(item);
        }
    }

    public async Task<JsonElement> CommandAsync(string json)
    {
        await SendAsync(Text, Encoding.UTF8.GetBytes(json));
        return await NextReplyAsync();
    }

    /// <summary>Reads the host's close frame, answers it and returns its status. No message may precede it.</summary>
    public async Task<int?> ReadCloseAsync()
    {
        await EndsAsync();
        return CloseStatus;
    }

    /// <summary>Sends a frame, masked as RFC 6455 requires of clients.</summary>
    public async Task SendAsync(int opcode, byte[] payload, bool last = true)
    {
        _closing |= opcode == Close;
        var header = new List<byte> { (byte)(opcode | (last ? 0x80 : 0)) };
        if (payload.Length < 126) header.Add((byte)(0x80 | payload.Length));
        else
        {
            var length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            header.AddRange([0x80 | 127, .. length]);
        }
        var mask = RandomNumberGenerator.GetBytes(4);
        var masked = new byte[payload.Length];
        for (var i = 0; i < masked.Length; i++) masked[i] = (byte)(payload[i] ^ mask[i % 4]);
        await _connection.SendAsync((byte[])[.. header, .. mask, .. masked]);
    }

    public override void Kill() => _connection.Kill();

    public override ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<LiveItem?> ReadFrameAsync()
    {
        while (true)
        {
            var (opcode, payload) = await ReadRawFrameAsync();
            switch (opcode)
            {
                case Text:
                    return LiveItem.Of(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(payload));
                case Ping:
                    await SendAsync(Pong, payload);
                    return LiveItem.Heartbeat;
                case Pong:
                    continue;
                case Close:
                    CloseStatus = BinaryPrimitives.ReadUInt16BigEndian(payload);
                    CloseReason = Encoding.UTF8.GetString(payload.AsSpan(2));
                    if (!_closing) await SendAsync(Close, payload[..2]);
                    await _connection.EndsAsync();
                    return null;
                default:
                    throw new InvalidDataException(
                        $"The opcode of a frame must be 1 (text), 8 (close), 9 (ping) or 10 (pong), but was {opcode}.");
            }
        }
    }

    private async Task<(int Opcode, byte[] Payload)> ReadRawFrameAsync()
    {
        var head = await _connection.ReadAsync(2);
        (head[0] & 0xf0).Should().Be(0x80, "each message is one frame");
        (head[1] & 0x80).Should().Be(0, "a server does not mask");
        long length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await _connection.ReadAsync(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(await _connection.ReadAsync(8)),
            var small => small,
        };
        return (head[0] & 0x0f, await _connection.ReadAsync((int)length));
    }
}
