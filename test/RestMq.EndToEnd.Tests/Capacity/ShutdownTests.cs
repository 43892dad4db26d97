using System.Diagnostics;
using static RestMq.EndToEnd.Streams.Readers.LiveActions;

namespace RestMq.EndToEnd.Capacity;

/// <summary>Tests a host that is asked to end by SIGTERM.</summary>
[Collection(Alone.Name), Trait(Alone.Trait, Alone.Name)]
public sealed class ShutdownTests
{
    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Redis)]
    public async Task Shutdown_ThousandStreams_EndsWithinTwoSeconds(StoreKind store)
    {
        await using var host = await RestMqHost.StartAsync(store);
        var streams = new LiveStream[1000];
        await Parallel.ForAsync(0, streams.Length, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            streams[i] = await host.StreamAsync(Transports[i % 3], $"q{i % 10}"));
        foreach (var stream in streams.Take(30)) stream.Head.Status.Should().BeOneOf(200, 101);

        var clock = Stopwatch.StartNew();
        host.Process.Signal(15);
        var ending = Task.WhenAll(streams.Select(stream => Task.Run(stream.EndsAsync)));
        var code = await host.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        var took = clock.Elapsed;
        await ending;
        Measured.Say($"1,000 open streams on {store}: the host ended in {took.TotalSeconds:0.00} s");
        code.Should().Be(0);
        streams.OfType<SocketStream>().Should().OnlyContain(socket => socket.CloseStatus == 1001);
        took.TotalSeconds.Should().BeLessThan(2);
        foreach (var stream in streams) await stream.DisposeAsync();
    }
}
