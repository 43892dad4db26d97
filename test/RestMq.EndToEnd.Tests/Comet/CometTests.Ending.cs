using System.Diagnostics;

namespace RestMq.EndToEnd.Comet;

/// <summary>Tests how streams pause and end.</summary>
public abstract partial class CometTests
{
    [Fact]
    public async Task Stream_StoppedThenStarted_ResumesAtOnce()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.PostAsync(queue, "before");
        (await stream.NextValuesAsync(1)).Should().Equal("before");
        await Host.StopAsync(queue);
        await Host.PostAllAsync(queue, ["taken", "kept", "kept too"]);
        (await Host.TakeValueAsync(queue)).Should().Be("taken", "GET works while streams are paused");
        var clock = Stopwatch.StartNew();
        await Host.StartAsync(queue);
        (await stream.NextValuesAsync(2)).Should().Equal("kept", "kept too");
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
    }

    [Fact]
    public async Task Purge_FourStreams_EndsOnlyThoseOfTheQueue()
    {
        var queue = Host.NextQueue();
        var streams = new List<CometStream>();
        for (var i = 0; i < 4; i++) streams.Add(await Host.ListenAsync(queue));
        await using var other = await Host.ListenAsync(queue + "x");
        await Host.HasConsumersAsync(queue, 4);
        await Host.PostAsync(queue, "m");
        foreach (var stream in streams) (await stream.NextValuesAsync(1)).Should().Equal("m");

        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
        foreach (var stream in streams) await stream.EndsAsync();
        foreach (var stream in streams) await stream.DisposeAsync();
        await Host.HasConsumersAsync(queue, 0);

        await Host.PostAsync(queue + "x", "still here");
        (await other.NextValuesAsync(1)).Should().Equal("still here");
        await Host.PostAsync(queue, "after");
        (await Host.TakeValueAsync(queue)).Should().Be("after", "no live consumer is left");
    }

    [Fact]
    public async Task Purge_StreamWithoutMessages_EndsStream()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Shutdown_OpenStream_EndsStreamAndKeepsMessages()
    {
        await using var other = await RestMqHost.StartAsync(Host.Redis is null ? StoreKind.Memory : StoreKind.Redis, Host.Redis);
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        await using var stream = await other.ListenAsync(queue);
        var clock = Stopwatch.StartNew();
        other.Process.Signal(15);
        await stream.EndsAsync();
        (await other.Process.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(5, "an open stream does not delay the shutdown");
        await Host.PostAsync(queue, "kept");
        (await Host.TakeValueAsync(queue)).Should().Be("kept");
    }
}
