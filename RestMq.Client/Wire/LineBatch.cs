using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestMq.Client.Wire;

/// <summary>
/// Writes messages as lines of JSON, as many as fit into one request. It reads the messages only as they are needed, so
/// that a sequence of any length takes the memory of one request.
/// </summary>
internal sealed class LineBatch<T> : IDisposable
{
    private readonly IEnumerator<T> _messages;
    private readonly JsonTypeInfo<T>? _typeInfo;
    private readonly JsonWriterOptions _form;
    private readonly List<int> _ends = []; // The end of each line in the buffer.
    private ArrayBufferWriter<byte> _lines = new(1024);
    private bool _isOver;

    /// <param name="messages">The messages.</param>
    /// <param name="typeInfo">How the messages are written. Null for texts, and for bytes that are JSON.</param>
    /// <param name="contentType">The content type of the messages. Bytes must be <c>application/json</c>.</param>
    /// <exception cref="NotSupportedException">The messages are bytes that are not JSON.</exception>
    public LineBatch(IEnumerable<T> messages, JsonTypeInfo<T>? typeInfo, string? contentType)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (typeInfo is null && typeof(T) != typeof(string) && contentType != MessageSerializer.Json)
        {
            throw new NotSupportedException(
                $"AddManyAsync sends lines of JSON, so the message type must not be bytes, but was {typeof(T)}. "
                + "Use AddAsync for each message, or set the ContentType application/json if the bytes are JSON.");
        }
        _messages = messages.GetEnumerator();
        _typeInfo = typeInfo;
        // The writer does not indent, because a line break would end the message.
        _form = new JsonWriterOptions { Encoder = typeInfo?.Options.Encoder ?? JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    }

    /// <summary>
    /// Returns the next lines within the limits: at least one line, unless there are no more messages. A line that is
    /// larger than the limit is returned alone, for the host to judge.
    /// </summary>
    public Lines Next(BatchLimits limits)
    {
        while (!_isOver && _ends.Count < limits.Messages && _lines.WrittenCount < limits.Bytes)
        {
            if (!_messages.MoveNext())
            {
                _isOver = true;
                break;
            }
            Write(_messages.Current);
            _ends.Add(_lines.WrittenCount);
        }
        if (_ends.Count == 0) return default;
        var count = 1;
        while (count < _ends.Count && count < limits.Messages && _ends[count] <= limits.Bytes) count++;
        return new Lines(count, _lines.WrittenMemory[.._ends[count - 1]]);
    }

    /// <summary>Removes lines that were sent.</summary>
    public void Remove(Lines sent)
    {
        var (length, rest) = (sent.Bytes.Length, _lines.WrittenMemory[sent.Bytes.Length..]);
        // A new buffer, because a handler that abandoned an attempt may still read the old one.
        _lines = new ArrayBufferWriter<byte>(Math.Max(rest.Length, 1024));
        _lines.Write(rest.Span);
        _ends.RemoveRange(0, sent.Count);
        for (var i = 0; i < _ends.Count; i++) _ends[i] -= length;
    }

    public void Dispose() => _messages.Dispose();

    private void Write(T message)
    {
        if (_typeInfo is null && message is not (null or string)) WriteJson(message is byte[] bytes ? bytes : (ReadOnlyMemory<byte>)(object)message);
        else
        {
            using var writer = new Utf8JsonWriter(_lines, _form);
            if (_typeInfo is null) writer.WriteStringValue(message as string);
            else JsonSerializer.Serialize(writer, message, _typeInfo);
        }
        _lines.Write("\n"u8);
    }

    // In JSON a line break stands only between tokens, where a space means the same.
    private void WriteJson(ReadOnlyMemory<byte> json)
    {
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty) throw new ArgumentException("A message must be JSON, but is empty.");
        var target = _lines.GetSpan(json.Length)[..json.Length];
        json.Span.CopyTo(target);
        target.Replace((byte)'\n', (byte)' ');
        target.Replace((byte)'\r', (byte)' ');
        _lines.Advance(json.Length);
    }
}
