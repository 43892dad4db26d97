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
    [InlineData(1)]
    [InlineData(3)]
    public async Task Add_ReplyLost_RetriesAndAddsOnce(int messages)
    {
        using var services = Services(retryAfter: TimeSpan.FromMilliseconds(10));
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue();
        var losses = 0;
        host.LosesAnswer = request => request.Path.Value!.EndsWith(queue, StringComparison.Ordinal) && Interlocked.Increment(ref losses) == 1;

        IReadOnlyList<AddResult> keys = messages == 1
            ? [await client.AddAsync(queue, "once")]
            : await client.AddManyAsync(queue, Enumerable.Range(1, messages));

        keys.Should().Equal(Enumerable.Range(1, messages).Select(i => new AddResult(AddStatus.Added, MessageKey.Parse($"{queue}:{i}"))),
            "the first attempt of the same call added them");
        host.Requests.Count(request => request == $"POST /mq/q/{queue}").Should().Be(2, "the first reply was lost");
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

    private ServiceProvider Services(TimeSpan? retryAfter = null, bool idempotent = true) => QueueHost.Services(services =>
    {
        // HTTP clients are configured before and after the client, because the order must not matter.
        services.AddHttpClient("plain");
        services.AddRestMqClient(options => (options.BaseAddress, options.IdempotentAdds) = (host.Address, idempotent));
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler(options =>
            options.Retry.Delay = retryAfter ?? options.Retry.Delay));
    });
}
