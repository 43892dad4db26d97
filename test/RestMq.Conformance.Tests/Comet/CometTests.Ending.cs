using System.Diagnostics;

namespace RestMq.Conformance.Comet;

/// <summary>Pause and end.</summary>
public abstract partial class CometTests
{
    [Fact]
    public async Task Stop_pauses_and_start_goes_on_at_once()
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
    public async Task DELETE_ends_all_four_streams_and_nothing_else()
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
        (await Host.TakeValueAsync(queue)).Should().Be("after", "no consumer is left to get it");
    }

    [Fact]
    public async Task DELETE_ends_a_stream_that_has_had_nothing()
    {
        var queue = Host.NextQueue();
        await using var stream = await Host.ListenAsync(queue);
        await Host.HasConsumersAsync(queue, 1);
        (await Host.AskAsync($"DELETE /q/{queue}")).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Ending_the_host_ends_its_streams_and_keeps_the_messages()
    {
        await using var other = await RestMqHost.StartAsync(Host.Redis is null ? StoreKind.Memory : StoreKind.Redis, Host.Redis);
        var queue = Host.NextQueue();
        await Host.SetPolicyAsync(queue, "roundrobin");
        await using var stream = await other.ListenAsync(queue);
        var clock = Stopwatch.StartNew();
        other.Process.Signal(15);
        await stream.EndsAsync();
        (await other.Process.WaitForExitAsync(TimeSpan.FromSeconds(10))).Should().Be(0);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(5, "a stream does not hold up the end of the host");
        await Host.PostAsync(queue, "kept");
        (await Host.TakeValueAsync(queue)).Should().Be("kept");
    }
}
