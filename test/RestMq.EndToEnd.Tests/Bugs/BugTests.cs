namespace RestMq.EndToEnd.Bugs;

/// <summary>
/// Tests the behavior that a user of the original would have expected in place of its known bugs. The comment of each
/// test names the number of the bug in the list of the original's bugs. The other files of this class hold the tests by
/// subject.
/// </summary>
/// <remarks>
/// The remaining bugs belong to other parts. WebSockets: 5, 16, 57, 58 and the second halves of 7 and 11. Access
/// control: 52 to 55 (<see cref="AccessBugTests"/>). The start script: 61. Bug 63 (of 2009) is covered by
/// <c>Exchanges/a-root.http</c> and <c>b-queue.http</c> as a whole.
/// </remarks>
public abstract partial class BugTests(HostFixture fixture)
{
    private RestMqHost Host => fixture.Host;

    private async Task<CometStream> ConsumerAsync(string queue, string policy = "broadcast")
    {
        await Host.SetPolicyAsync(queue, policy);
        var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        return stream;
    }

    private Task<RawReply> DeleteAsync(string queue) => Host.AskAsync($"DELETE /q/{QueueActions.InUrl(queue)}");

    public sealed class OnMemory(MemoryHost host) : BugTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : BugTests(host), IClassFixture<RedisHost>;
}
