using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace RestMq.Http;

/// <summary>Tests the headers of <c>HEAD /q/{queue}</c>.</summary>
public sealed class HeadTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(90.5, "90.5")]
    [InlineData(7200, "7200")]
    public async Task Head_OldestMessage_ReportsItsAgeInSeconds(double seconds, string age)
    {
        var time = new FakeTimeProvider();
        await using var site = await Site.StartAsync(app => app.MapRestMq(), builder => builder.Services.AddSingleton<TimeProvider>(time));
        await site.SendAsync("POST /q/a", "value=oldest").IsAsync(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromSeconds(seconds));
        await site.SendAsync("POST /q/a", "value=youngest").IsAsync(HttpStatusCode.OK);

        using var reply = await site.SendAsync("HEAD /q/a");

        reply.Headers.GetValues("RestMQ-Oldest-Age").Should().Equal(age);
        reply.Headers.GetValues("RestMQ-Length").Should().Equal("2");
    }

    [Fact]
    public async Task Head_NoMessage_ReportsNoAge()
    {
        await using var site = await Site.StartAsync(app => app.MapRestMq());

        using var reply = await site.SendAsync("HEAD /q/a");

        reply.Headers.Contains("RestMQ-Oldest-Age").Should().BeFalse();
        reply.Headers.GetValues("RestMQ-Length").Should().Equal("0");
    }
}
