using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RestMq.TestUtilities.Sites;

namespace RestMq.Client;

/// <summary>Tests adds of more messages than one request may have, on hosts with other limits than the default.</summary>
public sealed class ManyMessagesTests : IAsyncLifetime
{
    private readonly List<WebApplication> _sites = [];
    private readonly Counting _network = new();
    private readonly HttpClient _http;

    public ManyMessagesTests() => _http = new HttpClient(_network) { BaseAddress = new Uri("http://localhost/") };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _http.Dispose();
        foreach (var site in _sites) await site.DisposeAsync();
    }

    [Theory]
    [InlineData(1000, 16 * 1024 * 1024, 0, 3)] // The default limits: no request is refused.
    [InlineData(400, 16 * 1024 * 1024, 0, 8)] // One refused request, then 6 of 400 and 1 of 100.
    [InlineData(1000, 20_000, 0, 9)] // Some 60 bytes a message.
    [InlineData(1000, 16 * 1024 * 1024, 30_000, 6)] // A proxy's limit.
    public async Task AddMany_AnyLimits_AddsAllInOrder(int maxMessages, int maxBytes, int proxyBytes, int fewest)
    {
        var engine = await StartAsync(options => (options.MaxBatch, options.MaxBatchBytes, options.MaxMessageBytes) = (maxMessages, maxBytes, Math.Min(maxBytes, 10_000)));
        _network.Limit = proxyBytes;
        var client = new RestMqClient(_http);
        var values = Enumerable.Range(1, 2500).Select(n => $"{n} {new string('x', 50)}").ToArray();

        var added = await client.AddManyAsync("many", values);

        added.Select(result => result.Key.Id).Should().Equal(Enumerable.Range(1, 2500).Select(n => (long)n));
        added.Should().OnlyContain(result => result.Status == AddStatus.Added);
        _network.Requests.Should().BeGreaterThanOrEqualTo(fewest);
        (await engine.StatsAsync("many")).TotalAdded.Should().Be(2500);
        foreach (var id in new[] { 1, 401, 1000, 1001, 2500 })
            (await client.PeekAsync<string>(new MessageKey(QueueName.Parse("many"), id)))!.Value.Should().Be(values[id - 1]);

        var before = _network.Requests;
        await client.AddManyAsync("many", values);
        _network.RefusedSince(before).Should().Be(0, "the client has learnt the limits");
    }

    [Fact]
    public async Task AddMany_LaterRequestFails_TellsWhatWasAddedAndCanBeRepeated()
    {
        var engine = await StartAsync(_ => { });
        var client = new RestMqClient(_http);
        await client.ConfigureAsync("few", new QueueSettingsChange { MaxLength = 2200 });
        var once = new AddMessageOptions { IdempotencyKey = "import 7" };

        var failure = (await client.Awaiting(c => c.AddManyAsync("few", Enumerable.Range(1, 2500), once)).Should().ThrowAsync<RestMqClientException>()).Which
            .Should().BeOfType<PartialAddException>().Subject;
        failure.Added.Select(result => result.Key.Id).Should().Equal(Enumerable.Range(1, 2000).Select(n => (long)n));
        (failure.Type, failure.Status, failure.StatusCode).Should().Be((ProblemTypes.Full, 429, HttpStatusCode.TooManyRequests));
        failure.Message.Should().Contain("only the first 2000");
        failure.InnerException.Should().BeOfType<RestMqClientException>();

        await client.ConfigureAsync("few", new QueueSettingsChange { MaxLength = 0 });
        var again = await client.AddManyAsync("few", Enumerable.Range(1, 2500), once);
        again.Select(result => result.Key.Id).Should().Equal(Enumerable.Range(1, 2500).Select(n => (long)n));
        again.Count(result => result.Status == AddStatus.Duplicate).Should().Be(2000);
        (await engine.StatsAsync("few")).TotalAdded.Should().Be(2500);
    }

    [Fact]
    public async Task AddMany_FirstRequestFails_ThrowsTheFailureItself()
    {
        await StartAsync(_ => { });
        var client = new RestMqClient(_http);
        await client.ConfigureAsync("none", new QueueSettingsChange { MaxLength = 5 });
        (await client.Awaiting(c => c.AddManyAsync("none", [1, 2, 3, 4, 5, 6])).Should().ThrowAsync<RestMqClientException>()).Which
            .Should().BeOfType<RestMqClientException>().Which.Type.Should().Be(ProblemTypes.Full);
        (await client.Awaiting(c => c.AddManyAsync("none", [new string('x', 2_000_000), "y"])).Should().ThrowAsync<RestMqClientException>()).Which
            .Type.Should().Be(ProblemTypes.TooLarge, "one message is too large, and smaller requests do not help");
        (await client.StatsAsync("none")).TotalAdded.Should().Be(0);
    }

    [Fact]
    public async Task AddMany_LongSequence_IsReadAsItIsSent()
    {
        await StartAsync(_ => { });
        var client = new RestMqClient(_http);
        var read = 0;
        _network.BeforeSend = () => read.Should().BeLessThanOrEqualTo((_network.Requests + 1) * 1000);
        await client.AddManyAsync("long", Enumerable.Range(1, 5000).Select(n => read = n));
        read.Should().Be(5000);

        using var ended = new CancellationTokenSource();
        _network.BeforeSend = () =>
        {
            if (read > 1000) ended.Cancel();
        };
        (await client.Awaiting(c => c.AddManyAsync("long", Enumerable.Range(1, 5000).Select(n => read = n), ended.Token)).Should().ThrowAsync<OperationCanceledException>())
            .WithMessage("*first 1000*");
    }

    [Fact]
    public async Task AddMany_JsonBytes_AreLines()
    {
        await StartAsync(_ => { });
        var client = new RestMqClient(_http);
        var json = new AddMessageOptions { ContentType = "application/json" };
        await client.AddManyAsync<ReadOnlyMemory<byte>>("json", ["[1,\r\n2]"u8.ToArray(), "{}"u8.ToArray()], json);
        (await client.TakeManyAsync<string>("json", 10)).Select(message => message.Value).Should().Equal("[1,  2]", "{}");
        await client.Awaiting(c => c.AddManyAsync<byte[]>("json", [[]], json)).Should().ThrowAsync<ArgumentException>();
    }

    private async Task<IQueueEngine> StartAsync(Action<RestMqOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddRestMq(configure);
        var site = builder.Build();
        // Settings may be changed from this machine only.
        site.Use((context, next) =>
        {
            Addressed.Set(context);
            return next(context);
        });
        site.MapRestMq();
        _sites.Add(site);
        await site.StartAsync();
        _network.InnerHandler = site.GetTestServer().CreateHandler();
        return site.Services.GetRequiredService<IQueueEngine>();
    }

    /// <summary>Counts the requests that add, and refuses large ones like a proxy does.</summary>
    private sealed class Counting : DelegatingHandler
    {
        private readonly List<int> _refused = [];

        public int Limit { get; set; }

        public Action BeforeSend { get; set; } = () => { };

        public int Requests { get; private set; }

        public int RefusedSince(int request) => _refused.Count(number => number > request);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isAdd = request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath.StartsWith("/q/", StringComparison.Ordinal);
            if (!isAdd) return await base.SendAsync(request, cancellationToken);
            BeforeSend();
            cancellationToken.ThrowIfCancellationRequested();
            Requests++;
            var response = Limit > 0 && request.Content!.Headers.ContentLength > Limit
                ? new HttpResponseMessage(HttpStatusCode.RequestEntityTooLarge) { Content = new StringContent("<html>too large</html>", Encoding.UTF8, "text/html") }
                : await base.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode) _refused.Add(Requests);
            return response;
        }
    }
}
