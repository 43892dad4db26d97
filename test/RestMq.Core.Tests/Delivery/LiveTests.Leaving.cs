using RestMq.Hosts;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>
/// Verifies that a message which comes after the last client of a broadcast has left stays in the queue, whatever the
/// host knows of the leaving by then.
/// </summary>
public abstract partial class LiveTests
{
    [Fact]
    public async Task Broadcast_ClientGoneBeforeItsConsumer_MessageStaysReady()
    {
        var isConnected = true;
        await using var listener = await ListenAsync(_one, new LiveConsumerOptions { IsConnected = () => Volatile.Read(ref isConnected) });
        await AddAsync(1);
        await listener.IdsAsync(1);
        await NothingIsLeftAsync();
        Volatile.Write(ref isConnected, false);

        await AddAsync(2);
        var steps = _one.Store.Steps;
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 7 }); // The change wakes the pump.
        await Until(() => _one.Store.Steps > steps);

        (await TakeAsync()).Should().Be((2, 1));
        (await TakeAsync()).Should().Be((3, 1));
        listener.Waiting.Should().Be(0);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Broadcast_LastClientLeavesDuringStep_MessageReturns(bool disposes)
    {
        var isConnected = true;
        var listener = await ListenAsync(_one, new LiveConsumerOptions { IsConnected = () => Volatile.Read(ref isConnected) });
        await AddAsync(1);
        await listener.IdsAsync(1);
        var gate = await HoldStepAsync();

        Volatile.Write(ref isConnected, false);
        var leaving = disposes ? listener.DisposeAsync().AsTask() : Task.CompletedTask;
        await AddAsync(2, _two);
        gate.SetResult();
        await Within(leaving);

        await Until(async () => (await Engine.StatsAsync(Queue)).Ready == 2);
        (long, long) taken = default;
        await Until(async () => (taken = await TakeAsync()) != default);
        taken.Should().Be((2, 1));
        await Until(async () => (taken = await TakeAsync()) != default);
        taken.Should().Be((3, 1));
        await listener.DisposeAsync();
        await using var next = await ListenAsync(_one, After(0));
        await AddAsync(1);
        (await next.IdsAsync(2)).Should().Equal([1, 4], "the returned messages left no gap");
    }

    [Fact]
    public async Task Broadcast_LastClientOfOneHostLeavesDuringStep_OtherHostGetsEachOnce()
    {
        await using var there = await ListenFromNowAsync(_two);
        for (var round = 0; round < 10; round++)
        {
            var listener = await ListenFromNowAsync(_one);
            var gate = await HoldStepAsync();
            var leaving = listener.DisposeAsync().AsTask();
            await AddAsync(3, _two);
            gate.SetResult();
            await Within(leaving);
            (await there.IdsAsync(3)).Should().Equal(Numbers((3 * round) + 1, (3 * round) + 3));
        }
        await NothingIsLeftAsync();
        there.Waiting.Should().Be(0);
    }

    [Fact]
    public async Task Broadcast_ClientLeavesWhileMessagesCome_EachMessageIsTaken()
    {
        for (var round = 1; round <= 150; round++)
        {
            var isConnected = true;
            var listener = await ListenFromNowAsync(_one, () => Volatile.Read(ref isConnected));
            var waking = round % 3 == 0 ? Task.Run(() => ConfigureAsync(new QueueSettingsChange { MaxReceives = 1 + (round % 7) })) : Task.CompletedTask;

            Volatile.Write(ref isConnected, false);
            var leaving = round % 2 == 0 ? Task.Run(async () => await listener.DisposeAsync()) : Task.CompletedTask;
            await AddAsync(1, round % 4 < 2 ? _one : _two);

            (long, long) taken = default;
            await Until(async () => (taken = await TakeAsync()) != default);
            taken.Should().Be((round, 1));
            await Within(Task.WhenAll(leaving, waking));
            await listener.DisposeAsync();
        }
        await NothingIsLeftAsync();
    }

    private async Task<Listener> ListenFromNowAsync(TestHost host, Func<bool> isConnected)
    {
        var steps = host.Store.Steps;
        var listener = await ListenAsync(host, new LiveConsumerOptions { IsConnected = isConnected });
        await Until(() => host.Store.Steps > steps);
        return listener;
    }

    /// <summary>Begins a step of host One, which counts on its consumers and waits before it reaches the store.</summary>
    private async Task<TaskCompletionSource> HoldStepAsync()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = _one.Store.StepsBegun;
        _one.Store.Gate = gate.Task;
        await ConfigureAsync(new QueueSettingsChange { MaxReceives = 7 }); // The change wakes the pump.
        await Until(() => _one.Store.StepsBegun > begun);
        _one.Store.Gate = Task.CompletedTask;
        return gate;
    }

    /// <summary>Takes a message. Returns its id and delivery count, or zeros when no message is ready.</summary>
    private async Task<(long Id, long Count)> TakeAsync() =>
        await Engine.TakeAsync(Queue) is { } taken ? (taken.Key.Id, taken.DeliveryCount) : default;
}
