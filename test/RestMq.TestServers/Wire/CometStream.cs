using System.Text;
using System.Text.Json;

namespace RestMq.TestServers.Wire;

/// <summary>A live consumer: <c>GET /c/{queue}</c>, read line by line. Lines end in CRLF, those of server-sent events in LF.</summary>
public sealed class CometStream : IAsyncDisposable
{
    private readonly RawConnection _connection;
    private readonly Queue<string> _lines = new();
    private readonly StringBuilder _rest = new();
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder(); // A chunk may end within a character.
    private readonly string _lineEnd;
    private bool _ended;

    private CometStream(RawConnection connection, RawReply head)
    {
        (_connection, Head) = (connection, head);
        _lineEnd = head.MediaType == "text/event-stream" ? "\n" : "\r\n";
    }

    /// <summary>The status and headers, which come before any message.</summary>
    public RawReply Head { get; }

    /// <summary>How many chunks the lines read so far came in.</summary>
    public int Chunks { get; private set; }

    /// <summary>Opens the stream; returns as soon as its headers are there.</summary>
    public static async Task<CometStream> OpenAsync(int port, string target, int? receiveBuffer = null, params string[] headers)
    {
        var connection = await RawConnection.OpenAsync(port, receiveBuffer);
        await connection.SendAsync(RawRequest.Write($"GET {target}", "", headers));
        var head = await connection.ReadHeadAsync();
        if (head.Status != 200) throw new InvalidOperationException($"GET {target} is no stream but\n{head}");
        return new CometStream(connection, head);
    }

    /// <summary>The next line without its end; null when the stream has ended as it should, with its last chunk.</summary>
    public async Task<string?> NextLineAsync()
    {
        while (_lines.Count == 0 && !_ended)
        {
            if (await _connection.ReadChunkAsync() is not { } chunk)
            {
                _ended = true;
                _rest.ToString().Should().BeEmpty("the stream ends after a whole line");
                break;
            }
            Chunks++;
            var text = new char[_decoder.GetCharCount(chunk, flush: false)];
            _decoder.GetChars(chunk, text, flush: false);
            _rest.Append(text);
            if (!chunk.Contains((byte)'\n')) continue; // Long messages come in many chunks.
            var parts = _rest.ToString().Split(_lineEnd);
            foreach (var line in parts[..^1]) _lines.Enqueue(line);
            _rest.Clear().Append(parts[^1]);
        }
        return _lines.TryDequeue(out var next) ? next : null;
    }

    /// <summary>The next message; the stream must not have ended.</summary>
    public async Task<JsonElement> NextAsync() =>
        RawReply.ParseJson(await NextLineAsync() ?? throw new EndOfStreamException("The stream ended where a message was due."));

    /// <summary>The values of the next messages.</summary>
    public async Task<string[]> NextValuesAsync(int count)
    {
        var values = new string[count];
        for (var i = 0; i < count; i++) values[i] = (await NextAsync()).GetProperty("value").GetString()!;
        return values;
    }

    /// <summary>Asserts that the stream ends here: its last chunk, and no line before it.</summary>
    public async Task EndsAsync() => (await NextLineAsync()).Should().BeNull("the stream ends without another line");

    public void Kill() => _connection.Kill();

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
