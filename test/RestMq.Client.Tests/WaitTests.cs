using System.Net;

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
