using System.Buffers;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>Writes one JSON value to a buffer, as every reply and stream does.</summary>
internal static class JsonText
{
    // A writer is taken for one value, on one thread, and given back before any await.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write<T>(IBufferWriter<byte> buffer, T state, Action<Utf8JsonWriter, T> write)
    {
        var writer = _writer ?? new Utf8JsonWriter(buffer, MessageJson.Options);
        _writer = null; // Whoever writes from within gets one of its own.
        writer.Reset(buffer);
        write(writer, state);
        writer.Flush();
        writer.Reset(Stream.Null);
        _writer = writer;
    }
}
