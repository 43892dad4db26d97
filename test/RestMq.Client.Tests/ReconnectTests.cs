using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Client;

/// <summary>Tests how soon a stream reconnects, and where it resumes.</summary>
public sealed class ReconnectTests
{
    private static readonly ConsumeOptions Watching = new() { MaxReconnectDelay = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromHours(1) };

    [Fact]
    public async Task Consume_ConnectionsEndAtOnce_DoublesPauses()
    {
        var lasting = new Pipe();
        var network = new Network(Stream.Null, Stream.Null, Stream.Null, Stream.Null, lasting.Reader.AsStream(), new Pipe().Reader.AsStream());
        var clock = new Clock();
        using var services = Services(clock, network);
        using var ended = new CancellationTokenSource();
        await using var messages = services.GetRequiredService<IRestMqClient>().ConsumeAsync<string>("quiet", Watching, ended.Token).GetAsyncEnumerator();
        var next = messages.MoveNextAsync();
        await Deadline.Until(() => network.Requests == 5, "four connections ended at once, and the fifth stays open");
        clock.Pauses.Select(pause => pause.TotalSeconds).Should().SatisfyRespectively(
            first => first.Should().BeInRange(0.5, 1), second => second.Should().BeInRange(1, 2),
            third => third.Should().BeInRange(2, 4), fourth => fourth.Should().BeInRange(4, 8));

        clock.Advance(TimeSpan.FromMinutes(1));
        await lasting.Writer.CompleteAsync();
        await Deadline.Until(() => network.Requests == 6, "the stream is opened again");
        clock.Pauses[4].TotalSeconds
            .Should().BeInRange(0.5, 1, "the previous connection had lasted, although it was quiet");
        await ended.CancelAsync();
        await FluentActions.Awaiting(() => Deadline.Within(next)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Consume_MissedReportedAgain_CountsOnce()
    {
        // The host counts missed messages from the last one that the client received. So the second connection repeats
        // the count of the first.
        var network = new Network(
            Events("id: 5\ndata: {\"key\":\"q:5\",\"value\":\"five\",\"count\":1}\n\nevent: missed\ndata: 3\n\n"),
            Events("event: missed\ndata: 3\n\nevent: missed\ndata: 1\n\nid: 10\ndata: {\"key\":\"q:10\",\"value\":\"ten\",\"count\":1}\n\n"));
        using var services = Services(new Clock(), network);
        await using var messages = services.GetRequiredService<IRestMqClient>().ConsumeAsync<string>("q", Watching).GetAsyncEnumerator();

        (await Deadline.Within(messages.MoveNextAsync())).Should().BeTrue();
        (messages.Current.Value, messages.Current.Missed).Should().Be(("five", 0));
        (await Deadline.Within(messages.MoveNextAsync())).Should().BeTrue();
        (messages.Current.Value, messages.Current.Missed).Should().Be(("ten", 4));
        network.LastEventIds.Should().Equal(null, "5");
    }

    private static MemoryStream Events(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private static ServiceProvider Services(Clock clock, Network network) => QueueHost.Services(services =>
    {
        services.AddSingleton<TimeProvider>(clock);
        services.AddRestMqClient(options => options.BaseAddress = new Uri("http://queues.example")).ConfigurePrimaryHttpMessageHandler(() => network);
    });

    /// <summary>Provides a clock that the test advances. Its pauses end at once.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _now;

        public List<TimeSpan> Pauses { get; } = [];

        public void Advance(TimeSpan time) => _now += (long)(time.TotalSeconds * Stopwatch.Frequency);

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime >= Watching.Silence) return System.CreateTimer(callback, state, dueTime, period);
            Pauses.Add(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    /// <summary>Acts as a host that returns the given streams, one after another.</summary>
    private sealed class Network(params Stream[] streams) : HttpMessageHandler
    {
        private int _requests;

        public List<string?> LastEventIds { get; } = [];

        public int Requests => Volatile.Read(ref _requests);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            LastEventIds.Add(request.Headers.TryGetValues("Last-Event-ID", out var ids) ? ids.Single() : null);
            var content = new StreamContent(streams[_requests]) { Headers = { ContentType = new MediaTypeHeaderValue("text/event-stream") } };
            Interlocked.Increment(ref _requests);
            return Task.FromResult(new HttpResponseMessage { Content = content });
        }
    }
}
