using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace RestMq.Client;

/// <summary>Tests leases that renew themselves. The test controls the clock of the client.</summary>
public sealed class KeepAliveTests(MemoryHost host) : IClassFixture<MemoryHost>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task LeaseEnds_LeasedAndExtended_IsTheLeaseFromNow()
    {
        await using var services = Services();
        await using var work = await LeaseAsync(services);
        work.LeaseEnds.Should().Be(_clock.GetUtcNow() + Lease);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await work.ExtendAsync(TimeSpan.FromMinutes(2))).Should().BeTrue();
        work.LeaseEnds.Should().Be(_clock.GetUtcNow() + TimeSpan.FromMinutes(2));
        await host.Client.DeleteAsync(work.Key);
        (await work.ExtendAsync(Lease)).Should().BeFalse();
        work.LeaseEnds.Should().Be(_clock.GetUtcNow() + TimeSpan.FromMinutes(2), "a failed extension changes nothing");
    }

    [Fact]
    public async Task KeepAlive_LongWork_ExtendsAfterEachHalfUntilDisposed()
    {
        await using var services = Services();
        await using var work = await LeaseAsync(services);
        await using (var renewal = await work.KeepAliveAsync())
        {
            Extensions(work).Should().Be(1, "the lease is extended at once");
            for (var extensions = 2; extensions <= 5; extensions++)
            {
                var since = _clock.GetUtcNow();
                await ExtendedAsync(work, extensions);
                (_clock.GetUtcNow() - since).Should().BeGreaterThanOrEqualTo(Lease / 2);
            }
            (renewal.Lost.IsCancellationRequested, renewal.Failure).Should().Be((false, null));
        }
        _clock.Advance(Lease * 3);
        Extensions(work).Should().Be(5, "the renewal is disposed");
        (await work.AckAsync()).Should().BeTrue();
    }

    [Fact]
    public async Task KeepAlive_MessageDeleted_TellsThatItIsLost()
    {
        await using var services = Services();
        await using var work = await LeaseAsync(services);
        await using var renewal = await work.KeepAliveAsync();
        await host.Client.DeleteAsync(work.Key);
        var lost = new TaskCompletionSource();
        await using var told = renewal.Lost.Register(lost.SetResult);
        _clock.Advance(Lease / 2);
        await Deadline.Within(lost.Task);
        renewal.Failure.Should().BeNull("the host said so");

        await using var late = await work.KeepAliveAsync();
        late.Lost.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task KeepAlive_MessageSettled_EndsWithoutLoss()
    {
        await using var services = Services();
        await using var work = await LeaseAsync(services);
        await using var renewal = await work.KeepAliveAsync();
        (await work.AckAsync()).Should().BeTrue();
        _clock.Advance(Lease * 2);
        await renewal.DisposeAsync();
        Extensions(work).Should().Be(1);
        renewal.Lost.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task KeepAlive_HostAway_TriesAgainAndTellsTheLossAtTheEndOfTheLease()
    {
        await using var services = Services();
        await using var work = await LeaseAsync(services);
        await using var renewal = await work.KeepAliveAsync();
        var away = true;
        host.Refuses = request => away && request.Path.Value!.Contains(work.Queue.Value, StringComparison.Ordinal) ? 503 : null;

        _clock.Advance(Lease / 2);
        await Deadline.Until(() => renewal.Failure is RestMqClientException { Status: 503 }, "an extension failed");
        renewal.Lost.IsCancellationRequested.Should().BeFalse("the lease is not over");
        away = false;
        await Deadline.Until(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(250));
                return renewal.Failure is null;
            },
            "the extension is sent again");

        away = true;
        await Deadline.Until(
            () =>
            {
                _clock.Advance(Lease / 4);
                return renewal.Lost.IsCancellationRequested;
            },
            "the lease is over");
        renewal.Failure.Should().NotBeNull();
        host.Refuses = _ => null;
    }

    private ServiceProvider Services() => QueueHost.Services(services =>
    {
        services.AddSingleton<TimeProvider>(_clock);
        services.AddRestMqClient(options => options.BaseAddress = host.Address);
    });

    private static async Task<LeasedMessage<string>> LeaseAsync(
        ServiceProvider services, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var client = services.GetRequiredService<IRestMqClient>();
        var queue = QueueHost.NextQueue(test);
        await client.AddAsync(queue, "work");
        return (await client.LeaseAsync<string>(queue, Lease))!;
    }

    private int Extensions(LeasedMessage<string> work) => host.Requests.Count(request => request.StartsWith($"POST /mq/q/{work.Queue}/", StringComparison.Ordinal));

    private Task ExtendedAsync(LeasedMessage<string> work, int times) => Deadline.Until(
        () =>
        {
            if (Extensions(work) < times) _clock.Advance(Lease / 100);
            return Extensions(work) == times;
        },
        $"the lease was extended {times} times");
}
