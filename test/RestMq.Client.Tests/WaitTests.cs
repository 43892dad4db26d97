using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace RestMq.Client;

/// <summary>Tests how the client sends the time of a wait.</summary>
public sealed class WaitTests
{
    // The header knows only whole seconds. A shorter wait than the caller's would return too early.
    [Theory]
    [InlineData(0, "/q/a", null)]
    [InlineData(0.25, "/q/a?wait=0.25", null)]
    [InlineData(1, "/q/a", "wait=1")]
    [InlineData(1.001, "/q/a", "wait=2")]
    [InlineData(1.5, "/q/a", "wait=2")]
    [InlineData(59.9, "/q/a", "wait=60")]
    [InlineData(60, "/q/a", "wait=60")]
    public async Task Take_Wait_IsSentRoundedUp(double seconds, string path, string? preference)
    {
        using var host = new Empty();
        using var http = new HttpClient(host) { BaseAddress = new Uri("http://localhost/") };

        (await new RestMqClient(http).TakeAsync<string>("a", TimeSpan.FromSeconds(seconds))).Should().BeNull();

        host.Path.Should().Be(path);
        host.Preference.Should().Be(preference);
    }

    // A handler of the application that ends each request after a time. The parts must be shorter than that time, also
    // after they are rounded to whole seconds.
    [Theory]
    [InlineData(4, 1.5, 4, 1, 1)]
    [InlineData(1.3, 1.5, 2, 1)] // The rounded wait is cut, although the wait itself is not.
    [InlineData(9.5, 3, 10, 2, 2, 2)]
    [InlineData(5.5, 2.4, 6, 1, 1, 1)]
    [InlineData(5.5, 2.5, 6, 2, 1)]
    public async Task Take_WaitIsCut_WaitsOnInShorterParts(double seconds, double patience, params int[] sent)
    {
        var clock = new FakeTimeProvider();
        using var cutting = new Cutting(clock, TimeSpan.FromSeconds(patience));
        await using var services = QueueHost.Services(services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddRestMqClient(options => options.BaseAddress = new Uri("http://localhost/")).ConfigurePrimaryHttpMessageHandler(() => cutting);
        });

        (await services.GetRequiredService<IRestMqClient>().TakeAsync<string>("a", TimeSpan.FromSeconds(seconds))).Should().BeNull();

        cutting.Waits.Should().Equal(sent);
    }

    // Cuts waits that are longer than its patience. Answers others at their end that there is no message.
    private sealed class Cutting(FakeTimeProvider clock, TimeSpan patience) : HttpMessageHandler
    {
        public List<int> Waits { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var preference = request.Headers.GetValues("Prefer").Single();
            Waits.Add(int.Parse(preference["wait=".Length..], CultureInfo.InvariantCulture));
            var wait = TimeSpan.FromSeconds(Waits[^1]);
            clock.Advance(wait < patience ? wait : patience);
            return wait < patience
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent))
                : Task.FromException<HttpResponseMessage>(new TaskCanceledException("The request was cut."));
        }
    }

    // Answers that there is no message.
    private sealed class Empty : HttpMessageHandler
    {
        public string? Path { get; private set; }

        public string? Preference { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Path = request.RequestUri!.PathAndQuery;
            Preference = request.Headers.TryGetValues("Prefer", out var values) ? string.Join(", ", values) : null;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent));
        }
    }
}
