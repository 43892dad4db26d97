using System.Text;
using BenchmarkDotNet.Attributes;
using RestMq.Http;

namespace RestMq.Bench.Micro;

/// <summary>Measures the parsing of bodies: a form, and a JSON message.</summary>
[MemoryDiagnoser]
public class BodyBenchmarks
{
    private byte[] _form = [];
    private byte[] _escaped = [];
    private byte[] _json = [];

    /// <summary>The length of the message, in bytes.</summary>
    [Params(16, 1024)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _form = Encoding.ASCII.GetBytes("queue=test&value=" + new string('x', Length));
        _escaped = Encoding.ASCII.GetBytes("queue=test&value=" + string.Concat(Enumerable.Repeat("%C3%A9", Length / 2)));
        _json = Encoding.ASCII.GetBytes($$"""{"name":"{{new string('x', Length)}}","number":7}""");
    }

    [Benchmark(Baseline = true)]
    public int Form() => Split(_form);

    [Benchmark]
    public int EscapedForm() => Split(_escaped);

    [Benchmark]
    public int Json() => MessageBody.FromRequest(_json, "application/json").Bytes.Length;

    private static int Split(byte[] form)
    {
        var fields = new List<Fields.Field>();
        UrlEncoding.Split(form, fields);
        return fields.Count;
    }
}
