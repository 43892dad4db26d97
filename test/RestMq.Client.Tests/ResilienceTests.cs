using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Polly.Timeout;

namespace RestMq.Client;

/// <summary>
/// Tests an application that adds the standard resilience handler to all its HTTP clients, as the templates do.
/// </summary>
public sealed class ResilienceTests(MemoryHost host) : IClassFixture<MemoryHost>
{
    // Longer than the handler's default timeout of 10 seconds for each attempt.
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task TakeAndConsume_LongerThanAttemptTimeout_Complete()
    {
        using var services = Services();
        var client = services.GetRequiredService<IRestMqClient>();
        var (quiet, live) = (QueueHost.NextQueue(), QueueHost.NextQueue());
        var clock = Stopwatch.StartNew();
        await using var stream = client.ConsumeAsync<string>(live).GetAsyncEnumerator();
        var heard = stream.MoveNextAsync().AsTask();
        var wait = client.TakeAsync<string>(quiet, Longer);

        // The same wait by a plain HTTP client times out, which shows that the handler is active.
        var plain = services.GetRequiredService<IHttpClientFactory>().CreateClient("plain");
        await FluentActions.Awaiting(() => plain.GetAsync(new Uri($"{host.Address}/q/{QueueHost.NextQueue()}?wait=15")))
            .Should().ThrowAsync<TimeoutRejectedException>();
        (await wait).Should().BeNull();
        clock.Elapsed.Should().BeGreaterThan(Longer - TimeSpan.FromSeconds(1));
        heard.IsCompleted.Should().BeFalse();
        await client.AddAsync(live, "still here");
        (await Deadline.Within(heard)).Should().BeTrue();
        stream.Current.Value.Should().Be("still here");
        host.Requests.Count(request => request.StartsWith($"GET /mq/c/{live}", StringComparison.Ordinal))
            .Should().Be(1, "the stream keeps its connection");
        host.Requests.Count(request => request.StartsWith($"GET /mq/q/{quiet}", StringComparison.Ordinal))
            .Should().Be(1, "the wait is not retried");
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public async Task Add_ReplyLost_RetriesAndAddsOnce(int messages, bool withOptions)
    {
        using var services = Services(retryAfter: TimeSpan.FromMilliseconds(10));
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue();
        var losses = 0;
        host.LosesAnswer = request => request.Path.Value!.EndsWith(queue, StringComparison.Ordinal) && Interlocked.Increment(ref losses) == 1;

        var options = withOptions ? new AddMessageOptions { TimeToLive = TimeSpan.FromHours(1) } : null;
        IReadOnlyList<AddResult> keys = messages == 1
            ? [await client.AddAsync(queue, "once", options)]
            : await client.AddManyAsync(queue, Enumerable.Range(1, messages), options);

        keys.Should().Equal(Enumerable.Range(1, messages).Select(i => new AddResult(AddStatus.Added, MessageKey.Parse($"{queue}:{i}"))),
            "the first attempt of the same call added them");
        host.Requests.Count(request => request.StartsWith($"POST /mq/q/{queue}", StringComparison.Ordinal)).Should().Be(2, "the first reply was lost");
        (await client.StatsAsync(queue)).Should().BeEquivalentTo(new { Ready = messages, TotalAdded = messages });
    }

    [Fact]
    public async Task Add_ReplyLostWithoutKey_AddsTwice()
    {
        using var services = Services(retryAfter: TimeSpan.FromMilliseconds(10), idempotent: false);
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue();
        var losses = 0;
        host.LosesAnswer = request => request.Path.Value!.EndsWith(queue, StringComparison.Ordinal) && Interlocked.Increment(ref losses) == 1;
        (await client.AddAsync(queue, "twice")).Key.Id.Should().Be(2);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 4)] // Three retries.
    public async Task Add_FullQueue_IsRetriedOnlyWhenAsked(bool retry, int attempts)
    {
        using var services = Services(retryAfter: TimeSpan.FromMilliseconds(10), retryFull: retry);
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = $"{QueueHost.NextQueue()}-{retry}";
        await client.ConfigureAsync(queue, new QueueSettingsChange { MaxLength = 1 });
        await client.AddAsync(queue, "fits");
        var before = Adds();

        var full = (await client.Awaiting(c => c.AddAsync(queue, "does not")).Should().ThrowAsync<RestMqClientException>()).Which;
        (full.Status, full.Type, full.Title, full.RetryAfter).Should().Be((429, ProblemTypes.Full, "Full", TimeSpan.FromSeconds(1)));
        full.Detail.Should().Contain("max_length");
        (Adds() - before).Should().Be(attempts);

        int Adds() => host.Requests.Count(request => request == $"POST /mq/q/{queue}");
    }

    [Theory]
    [InlineData("policy", 1)] // Left out: one request.
    [InlineData("own", 2)] // Cuts the wait: the client asks again.
    public async Task Take_HandlersThatTimeOut_DoNotEndTheWait(string handler, int fewest)
    {
        using var services = QueueHost.Services(services => services.AddRestMqClient(options => options.BaseAddress = host.Address)
            .AddHttpMessageHandler(() => handler == "policy" ? new Microsoft.Extensions.Http.PolicyHttpMessageHandler() : new Impatient()));
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = $"{QueueHost.NextQueue()}-{handler}";
        var clock = Stopwatch.StartNew();
        var take = client.TakeAsync<string>(queue, TimeSpan.FromSeconds(20));
        var live = client.ConsumeAsync<string>($"{queue}-live").GetAsyncEnumerator();
        var heard = live.MoveNextAsync().AsTask();
        await Deadline.Until(() => clock.Elapsed > Impatient.Patience * 2 && Takes() >= fewest, "the handlers would have cut the wait");
        (take.IsCompleted, heard.IsCompleted).Should().Be((false, false));
        await client.AddAsync(queue, "late");
        (await Deadline.Within(take))!.Value.Should().Be("late");
        await client.AddAsync($"{queue}-live", "late too");
        (await Deadline.Within(heard)).Should().BeTrue();
        await live.DisposeAsync();
        if (fewest == 1) Takes().Should().Be(1);
        (await client.TakeAsync<string>(queue, TimeSpan.FromSeconds(4))).Should().BeNull("a wait in parts ends like any wait");

        int Takes() => host.Requests.Count(request => request.StartsWith($"GET /mq/q/{queue}", StringComparison.Ordinal));
    }

    private ServiceProvider Services(TimeSpan? retryAfter = null, bool idempotent = true, bool retryFull = false) => QueueHost.Services(services =>
    {
        // HTTP clients are configured before and after the client, because the order must not matter.
        services.AddHttpClient("plain");
        services.AddRestMqClient(options => (options.BaseAddress, options.IdempotentAdds, options.RetryFullQueues) = (host.Address, idempotent, retryFull));
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler(options =>
            options.Retry.Delay = retryAfter ?? options.Retry.Delay));
    });

    /// <summary>Cuts each request after a time, as handlers of applications do.</summary>
    internal class Impatient : DelegatingHandler
    {
        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Patience);
            return await base.SendAsync(request, limit.Token);
        }
    }
}
