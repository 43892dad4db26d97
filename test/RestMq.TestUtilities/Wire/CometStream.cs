using System.Text;
using System.Text.Json;

namespace RestMq.TestUtilities.Wire;

/// <summary>
/// Reads a stream (<c>GET /c/{queue}</c>) line by line. Lines end in CRLF, and in LF for server-sent events.
/// </summary>
public sealed class CometStream : IAsyncDisposable
{
    private readonly RawConnection _connection;
    private readonly Queue<string> _lines = new();
    private readonly StringBuilder _rest = new();
    // A decoder keeps state between chunks, because a chunk may end within a character.
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly string _lineEnd;
    private bool _ended;

    private CometStream(RawConnection connection, RawReply head)
    {
        (_connection, Head) = (connection, head);
        _lineEnd = head.MediaType == "text/event-stream" ? "\n" : "\r\n";
    }

    /// <summary>Gets the status and the headers, which come before any message.</summary>
    public RawReply Head { get; }

    /// <summary>Gets the number of chunks that have been read.</summary>
    public int Chunks { get; private set; }

    /// <summary>Opens a stream and returns as soon as its headers have arrived.</summary>
    public static async Task<CometStream> OpenAsync(int port, string target, int? receiveBuffer = null, params string[] headers)
    {
        var connection = await RawConnection.OpenAsync(port, receiveBuffer);
        await connection.SendAsync(RawRequest.Write($"GET {target}", "", headers));
        var head = await connection.ReadHeadAsync();
        if (head.Status != 200)
            throw new InvalidOperationException(
                $"GET {target} must return a stream with status 200, but the reply was\n{head}");
        return new CometStream(connection, head);
    }

    /// <summary>
    /// Returns the next line without its line end, or null when the stream has ended properly, with its last chunk.
    /// </summary>
    public async Task<string?> NextLineAsync()
    {
        while (_lines.Count == 0 && !_ended)
        {
            if (await _connection.ReadChunkAsync() is not { } chunk)
            {
                _ended = true;
                _rest.ToString().Should().BeEmpty("the stream ends after a complete line");
                break;
            }
            Chunks++;
            var text = new char[_decoder.GetCharCount(chunk, flush: false)];
            _decoder.GetChars(chunk, text, flush: false);
            _rest.Append(text);
            if (!chunk.Contains((byte)'\n')) continue; // A long message spans several chunks.
            var parts = _rest.ToString().Split(_lineEnd);
            foreach (var line in parts[..^1]) _lines.Enqueue(line);
            _rest.Clear().Append(parts[^1]);
        }
        return _lines.TryDequeue(out var next) ? next : null;
    }

    /// <summary>Returns the next message. The stream must not have ended.</summary>
    public async Task<JsonElement> NextAsync() =>
        RawReply.ParseJson(await NextLineAsync() ?? throw new EndOfStreamException(
            "The stream ended, but another message was expected."));

    /// <summary>Returns the values of the next messages.</summary>
    public async Task<string[]> NextValuesAsync(int count)
    {
        var values = new string[count];
        for (var i = 0; i < count; i++) values[i] = (await NextAsync()).GetProperty("value").GetString()!;
        return values;
    }

    /// <summary>Asserts that the stream ends with its last chunk, and without another line.</summary>
    public async Task EndsAsync() => (await NextLineAsync()).Should().BeNull("the stream ends without another line");

    public void Kill() => _connection.Kill();

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
