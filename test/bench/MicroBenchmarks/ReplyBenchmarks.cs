using System.Buffers;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using RestMq.Wire;

namespace RestMq.Bench.Micro;

/// <summary>Measures the JSON of a reply with one message: a text, a JSON message and bytes.</summary>
[MemoryDiagnoser]
public class ReplyBenchmarks
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private QueueMessage _text = null!;
    private QueueMessage _json = null!;
    private QueueMessage _binary = null!;

    /// <summary>The length of the message, in bytes.</summary>
    [Params(16, 1024)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var text = new string('x', Length);
        _text = Message(MessageBody.FromText(text));
        _json = Message(MessageBody.FromJson(Encoding.ASCII.GetBytes($"\"{text}\"")));
        _binary = Message(MessageBody.FromBytes(new byte[Length]));
    }

    [Benchmark(Baseline = true)]
    public int Text() => Write(_text);

    [Benchmark]
    public int Json() => Write(_json);

    [Benchmark]
    public int Binary() => Write(_binary);

    private static QueueMessage Message(MessageBody body) =>
        new(new MessageKey(QueueName.Parse("test"), 1), body, DeliveryCount: 1, DateTimeOffset.UnixEpoch);

    private int Write(QueueMessage message)
    {
        _buffer.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(_buffer, MessageJson.Options);
        MessageJson.Write(writer, message);
        writer.Flush();
        return _buffer.WrittenCount;
    }
}
