using System.Net;
using System.Text;

namespace RestMq.Client;

/// <summary>
/// Tests which durability the client requests, and how it reads the replies. The test acts as the host, so that it
/// needs no replica.
/// </summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly Answering _host = new();
    private readonly HttpClient _http;
    private readonly RestMqClient _client;

    public DurabilityTests()
    {
        _http = new HttpClient(_host) { BaseAddress = new Uri("http://host/") };
        _client = new RestMqClient(_http);
    }

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData(null, "/q/orders")]
    [InlineData(Durability.Stored, "/q/orders?durability=stored")]
    [InlineData(Durability.Replicated, "/q/orders?durability=replicated")]
    public async Task Add_WithDurability_SendsQueryParameter(Durability? durability, string expected)
    {
        var options = new AddMessageOptions { Durability = durability };
        await _client.AddAsync("orders", new[] { 1 }, options);
        await _client.AddManyAsync("orders", [1, 2], options);
        using var stream = new MemoryStream([1]);
        await _client.AddStreamAsync("orders", stream, options);
        _host.Asked.Should().Equal(expected, expected, expected);
    }

    [Fact]
    public async Task Add_NotReplicated_ThrowsWithProblem()
    {
        _host.Status = HttpStatusCode.ServiceUnavailable;
        _host.Type = "application/problem+json";
        _host.Body = """{"type":"urn:restmq:not-replicated","title":"Not replicated","status":503,"detail":"The message may exist."}""";
        var add = () => _client.AddAsync("orders", "x", new AddMessageOptions { Durability = Durability.Replicated });
        var failure = (await add.Should().ThrowAsync<RestMqClientException>()).Which;
        (failure.Status, failure.Type, failure.Detail).Should().Be((503, "urn:restmq:not-replicated", "The message may exist."));
    }

    [Theory]
    [InlineData(",\"durability\":\"replicated\"", Durability.Replicated)]
    [InlineData(",\"durability\":\"stored\"", Durability.Stored)]
    [InlineData("", Durability.Stored)] // An older host sends no durability.
    public async Task Configure_Durability_IsReportedInSettingsAndStats(string told, Durability expected)
    {
        _host.Type = "application/json";
        _host.Body = "{\"queue\":\"orders\",\"value\":\"broadcast\",\"max_receives\":20,\"max_length\":null,\"ttl\":null,\"history\":1000" + told + "}";
        (await _client.ConfigureAsync("orders", new QueueSettingsChange { Durability = expected })).Durability.Should().Be(expected);
        (await _client.GetSettingsAsync("orders")).Durability.Should().Be(expected);
        _host.Sent.Should().Equal($"durability={expected.ToString().ToLowerInvariant()}");

        _host.Body = """
            {"queue":"orders","name":"orders","len":3,"status":1,"policy":"broadcast","ready":3,"leased":0,"delayed":0,"dead":0,"added":3,"settled":0,"expired":0,
            "oldest_age":1.5,"consumers":0,"behind":0
            """ + told + "}";
        (await _client.StatsAsync("orders")).Settings.Durability.Should().Be(expected);
    }

    private sealed class Answering : HttpMessageHandler
    {
        private static async Task<string> KeysAsync(HttpRequestMessage request)
        {
            var sent = request.Content?.Headers.ContentType?.MediaType == "application/x-ndjson" ? await request.Content.ReadAsStringAsync() : "one\n";
            return string.Concat(Enumerable.Range(1, sent.Count(c => c == '\n')).Select(id => $"orders:{id}\r\n"));
        }

        public List<string> Asked { get; } = [];

        public List<string> Sent { get; } = [];

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public string Type { get; set; } = "text/plain";

        public string? Body { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.PathAndQuery);
            if (request.Content?.Headers.ContentType?.MediaType == "application/x-www-form-urlencoded") Sent.Add(await request.Content.ReadAsStringAsync(cancellationToken));
            return new HttpResponseMessage(Status) { Content = new StringContent(Body ?? await KeysAsync(request), Encoding.UTF8, Type) };
        }
    }
}
