using System.Diagnostics;

namespace RestMq.Conformance.Bugs;

/// <summary>Order and speed of delivery.</summary>
public abstract partial class BugTests
{
    [Fact]
    public async Task Bug8_one_producer_and_one_consumer_are_first_in_first_out()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        await using var producer = await Host.ConnectAsync();
        for (var i = 0; i < 1000; i++) (await producer.AskAsync($"POST /q/{queue}", $"value=b{i}")).Is(200);
        (await stream.NextValuesAsync(1000)).Should().Equal(Enumerable.Range(0, 1000).Select(i => $"b{i}"));
    }

    [Fact]
    public async Task Bug9_a_backlog_of_35_comes_at_once()
    {
        var queue = Host.NextQueue();
        await Host.PostAllAsync(queue, Enumerable.Range(0, 35).Select(i => $"m{i}"));
        var clock = Stopwatch.StartNew();
        await using var stream = await Host.ListenAsync(queue);
        await stream.NextValuesAsync(35);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(1);
    }

    [Fact]
    public async Task Bug10_an_add_by_JSON_is_as_fast_as_any()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        await Host.PostAsync(queue, "warm");
        await stream.NextLineAsync();
        var middle = await Eventually.MedianAsync(11, async _ =>
        {
            var clock = Stopwatch.StartNew();
            (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":"j"}""")).Is(200);
            await stream.NextLineAsync();
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    [Fact]
    public async Task Bug10_a_start_with_a_backlog_is_as_fast_as_any()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        var middle = await Eventually.MedianAsync(7, async i =>
        {
            await Host.StopAsync(queue);
            await Host.PostAsync(queue, $"m{i}");
            var clock = Stopwatch.StartNew();
            await Host.StartAsync(queue);
            (await stream.NextValuesAsync(1)).Should().Equal($"m{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
    }

    [Fact]
    public async Task Bug11_a_consumer_of_a_queue_with_a_unicode_name_is_found_at_once()
    {
        var queue = Host.NextQueue() + "-café";
        await using var stream = await ConsumerAsync(queue);
        var middle = await Eventually.MedianAsync(7, async i =>
        {
            var clock = Stopwatch.StartNew();
            await Host.PostAsync(queue, $"m{i}");
            (await stream.NextValuesAsync(1)).Should().Equal($"m{i}");
            return clock.Elapsed;
        });
        middle.TotalMilliseconds.Should().BeLessThan(100);
        (await DeleteAsync(queue)).Is(200);
        await stream.EndsAsync();
    }

    [Fact]
    public async Task Bug12_headers_come_before_the_first_message()
    {
        await using var stream = await Host.ListenAsync(Host.NextQueue());
        stream.Head.Is(200);
        stream.Chunks.Should().Be(0);
    }

    [Fact]
    public async Task Bug13_a_stream_gives_more_than_one_message_a_second()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) await Host.PostAsync(queue, $"m{i}");
        await stream.NextValuesAsync(20);
        clock.Elapsed.TotalSeconds.Should().BeLessThan(2);
    }

    [Fact]
    public async Task Bug14_DELETE_closes_every_consumer()
    {
        var queue = Host.NextQueue();
        var streams = new List<CometStream>();
        for (var i = 0; i < 4; i++) streams.Add(await Host.ListenAsync(queue));
        await Host.HasConsumersAsync(queue, 4);
        (await DeleteAsync(queue)).Is(200);
        foreach (var stream in streams) await stream.EndsAsync();
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    [Fact]
    public async Task Bug15_DELETE_ends_a_stream_without_a_bogus_line()
    {
        var queue = Host.NextQueue();
        await using var stream = await ConsumerAsync(queue);
        await Host.PostAsync(queue, "m1");
        (await stream.NextValuesAsync(1)).Should().Equal("m1");
        (await DeleteAsync(queue)).Is(200);
        await stream.EndsAsync();
    }
}
