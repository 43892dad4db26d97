namespace RestMq.Conformance.Bugs;

/// <summary>
/// One test for each line of the list of the original's bugs, by its number: what its user would have expected. The other files of this
/// folder hold them by subject.
/// </summary>
/// <remarks>
/// Later, with the parts they are about: WebSocket 5, 16, 57, 58 and the second halves of 7 and 11; access control 52 to 55 (<see cref="AccessBugTests"/>); the start
/// script 61. Bug 63 (of 2009) is what <c>Exchanges/a-root.http</c> and <c>b-queue.http</c> say as a whole.
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
