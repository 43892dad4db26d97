using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.EndToEnd.Operations;

/// <summary>Tests the metrics and traces that the sample host exports when its settings ask for them.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_PrometheusEnabled_CountsMessages()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--RestMq:Prometheus=true");
        await using var stream = await host.ListenAsync("live");
        await host.AskAsync("POST /q/live", "value=x", Form);
        await stream.NextAsync();
        for (var n = 0; n < 3; n++) await host.AskAsync("POST /q/test", "value=x", Form);
        await host.AskAsync("GET /q/test?lease=30");
        await host.AskAsync("DELETE /q/test/test:1.1");

        // The exporter caches a collection for a moment, so the first scrape may be too old.
        await Eventually.TrueAsync(
            async () => (await ScrapeAsync(host)).Contains("restmq_settle=\"ack\"", StringComparison.Ordinal),
            "the settlement is counted");
        var metrics = await ScrapeAsync(host);
        Value(metrics, "messaging_client_sent_messages_total").Should().Be(4);
        Value(metrics, "messaging_client_consumed_messages_total").Should().Be(1);
        Value(metrics, "restmq_settled_messages_total").Should().Be(1);
        Value(metrics, "restmq_live_consumers").Should().Be(1);
        Value(metrics, "restmq_live_delivered_total").Should().Be(1);
        metrics.Should().Contain("messaging_client_operation_duration_seconds_bucket")
            .And.NotContain("messaging_destination_name", "the number of queues is unbounded");
    }

    [Fact]
    public async Task Metrics_PrometheusDisabled_Returns404()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory);
        (await host.AskAsync("GET /metrics")).Status.Should().Be(404);
    }

    [Fact]
    public async Task Tracing_OtlpCollector_ReceivesSpans()
    {
        using var collector = new Collector();
        await using var host = await RestMqHost.StartAsync(
            StoreKind.Memory, null, $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Url}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_BSP_SCHEDULE_DELAY=100");

        await host.AskAsync("POST /q/test", "value=x", Form, "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        var trace = (await host.AskAsync("GET /q/test")).Json.GetProperty("traceparent").GetString();

        trace.Should().StartWith("00-4bf92f3577b34da6a3ce929d0e0e4736-").And.NotContain("00f067aa0ba902b7",
            "the message carries the span of the host");
        await collector.HeardAsync("send test");
        await collector.HeardAsync("receive test");
    }

    private const string Form = "Content-Type: application/x-www-form-urlencoded";

    private static async Task<string> ScrapeAsync(RestMqHost host) => (await host.AskAsync("GET /metrics")).Text;

    private static double Value(string metrics, string name) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)).Split("} ")[^1].Split(' ')[0],
        System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// Receives OTLP over HTTP. It does not parse the protobuf: names appear in its bytes as plain text.
    /// </summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly StringBuilder _heard = new();

        public Collector()
        {
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            }
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = ListenAsync();
        }

        public string Url { get; }

        public Task HeardAsync(string words) => Eventually.TrueAsync(
            () =>
            {
                lock (_heard) return Task.FromResult(_heard.ToString().Contains(words, StringComparison.Ordinal));
            },
            $"'{words}' was sent", seconds: 30);

        public void Dispose() => _listener.Close();

        private async Task ListenAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
                    var body = await reader.ReadToEndAsync();
                    lock (_heard) _heard.Append(body);
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
