using System.Buffers;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Writes one JSON value to a buffer, for replies and streams.</summary>
internal static class JsonText
{
    // One writer a thread. It is taken for one value and returned before any await.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write<T>(IBufferWriter<byte> buffer, T state, Action<Utf8JsonWriter, T> write)
    {
        var writer = _writer ?? new Utf8JsonWriter(buffer, MessageJson.Options);
        _writer = null; // A nested call then creates its own writer.
        writer.Reset(buffer);
        write(writer, state);
        writer.Flush();
        writer.Reset(Stream.Null);
        _writer = writer;
    }
}
