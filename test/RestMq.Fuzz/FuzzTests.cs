using RestMq.Live;

namespace RestMq.Fuzz;

/// <summary>The short form: the same inputs each time. The long one is this project's program, with a seed of chance.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(false, 15_000)]
    [InlineData(true, 6_000)]
    public async Task Whatever_is_sent_gets_no_5xx_and_no_hang_and_leaves_nothing_behind(bool onRedis, int count) =>
        Measured.Say(await FuzzRun.RunAsync(onRedis, seed: 1, first: 0, count));
}
