using System.Text.RegularExpressions;

namespace RestMq.EndToEnd.BadInput;

/// <summary>
/// Tests that invalid input returns a 4xx status, explains the error in the format of its route, and changes nothing.
/// </summary>
public abstract partial class BadInputTests(HostFixture fixture)
{
    private const string Json = "Content-Type: application/json";
    private const string Xml = "Content-Type: text/xml";

    private RestMqHost Host => fixture.Host;

    private async Task ChangesNothingAsync(Func<string, Task> act)
    {
        var queue = Host.NextQueue("bad");
        await Host.PostAllAsync(queue, ["leased", "ready"]);
        await Host.LeaseAsync(queue, 600);
        var before = (await StatsAsync(queue), await Host.QueuesAsync(), (await Host.AskAsync($"GET /p/{queue}")).Text);
        await act(queue);
        (await StatsAsync(queue)).Should().Be(before.Item1, "invalid input changes no message");
        (await Host.QueuesAsync()).Should().Equal(before.Item2, "invalid input creates no queue");
        (await Host.AskAsync($"GET /p/{queue}")).Text.Should().Be(before.Item3);
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
    }

    private async Task<string> StatsAsync(string queue) =>
        Regex.Replace((await Host.AskAsync($"GET /stats/{queue}")).Is(200).Text, "\"oldest_age\":[0-9.E-]+", "");

    public sealed class OnMemory(MemoryHost host) : BadInputTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : BadInputTests(host), IClassFixture<RedisHost>;
}
