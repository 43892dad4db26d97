using System.Diagnostics;

namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the bugs with the order and the speed of delivery.</summary>
public abstract partial class BugTests
{
    // Bug 8 of the original.
    [Fact]
    public async Task Stream_OneProducer_DeliversInOrder()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        await using var producer = await Host.ConnectAsync();
        for (var i = 0; i < 1000; i++) (await producer.AskAsync($"POST /q/{queue}", $"value=b{i}")).Is(200);
        (await stream.NextValuesAsync(1000)).Should().Equal(Enumerable.Range(0, 1000).Select(i => $"b{i}"));
    }

    // Bug 9 of the original.
    [Fact]
    public async Task Stream_BacklogOf35_IsDeliveredAtOnce()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(0, 35).Select(i => $"m{i}"));
        var clock = Stopwatch.StartNew();
        await using var stream = await Host.ListenAsync(queue);
        await stream.NextValuesAsync(35);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
    }

    // Bug 12 of the original.
    [Fact]
    public async Task Stream_BeforeFirstMessage_HasHeaders()
    {
        await using var stream = await Host.ListenAsync(Host.NextQueue());
        stream.Head.Is(200);
        stream.Chunks.Should().Be(0);
    }

    // Bug 13 of the original.
    [Fact]
    public async Task Stream_TwentyMessages_ArriveWithinTwoSeconds()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) await Host.PostAsync(queue, $"m{i}");
        await stream.NextValuesAsync(20);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(2);
    }

    // Bug 14 of the original.
    [Fact]
    public async Task Purge_FourConsumers_EndsEveryStream()
    {
        var queue = Host.NextQueue();
        var streams = new List<CometStream>();
        for (var i = 0; i < 4; i++) streams.Add(await Host.ListenAsync(queue));
        await Host.HasConsumersAsync(queue, 4);
        (await DeleteAsync(queue)).Is(200);
        foreach (var stream in streams) await stream.EndsAsync();
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    // Bug 15 of the original.
    [Fact]
    public async Task Purge_OpenStream_EndsWithoutBogusLine()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        await Host.PostAsync(queue, "m1");
        (await stream.NextValuesAsync(1)).Should().Equal("m1");
        (await DeleteAsync(queue)).Is(200);
        await stream.EndsAsync();
    }
}
