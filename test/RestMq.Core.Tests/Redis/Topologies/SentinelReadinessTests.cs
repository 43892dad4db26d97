using static RestMq.Deadline;

namespace RestMq.Redis.Topologies;

/// <summary>Verifies the health report on sentinels, and warnings about losses that sentinels cannot prevent.</summary>
[Collection(TopologyCollection.Name), Trait("Runs", "alone")]
public sealed class SentinelReadinessTests
{
    [Fact]
    public async Task Check_MinReplicasToWriteIsZero_Warns()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration);
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null);

        var report = await load.Stores[0].CheckAsync(default);
        report.Warnings.Should().ContainSingle(warning => warning.StartsWith("min-replicas-to-write is 0"));
        report.Facts["min_replicas_to_write"].Should().Be("0");
        report.Facts["sentinels"].Should().Be("3 of 3");
        ((long)report.Facts["clock_skew_ms"]).Should().BeLessThan(1000, "both servers run on this machine");

        await servers.Servers[0].Redis.AskAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        (await load.Stores[0].CheckAsync(default)).Warnings.Should().NotContain(warning => warning.StartsWith("min-replicas-to-write"));
    }

    [Fact]
    public async Task Check_MajorityOfSentinelsUnreachable_Fails()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration);
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null);

        await servers.Sentinels[1].KillAsync();
        await Until(async () => (await load.Stores[0].CheckAsync(default)) is { Failure: null, Warnings: var warnings } && warnings.Any(warning => warning.Contains("do not answer")));
        await servers.Sentinels[2].KillAsync();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is { } failure && failure.StartsWith("1 of 3 sentinels answer, and 2 must name the primary"));
        await load.Stores[0].Awaiting(store => store.ListAsync(null, 1000, default).AsTask()).Should().ThrowAsync<RestMqUnavailableException>();

        await servers.Sentinels[1].StartAsync();
        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is null);
    }

    [Fact]
    public async Task Check_UnknownService_Fails()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration.Replace(SentinelTopology.Service, "another"));

        await Until(async () => (await load.Stores[0].CheckAsync(default)).Failure is { } failure && failure.Contains("No such master with that name"));
    }

    [Fact]
    public async Task Check_SentinelsWithoutPassword_AreStillAsked()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad(servers.Configuration + ",password=of-the-servers");

        await Until(async () => (await load.Stores[0].CheckAsync(default)).Facts.TryGetValue("sentinels", out var answering) && (string)answering == "3 of 3");
    }

    [Fact]
    public async Task Check_OneConfiguredSentinel_FindsTheOthers()
    {
        await using var servers = await SentinelTopology.LaunchAsync();
        await using var load = new ProducerLoad($"127.0.0.1:{servers.Sentinels[0].Proxy.Port},serviceName={SentinelTopology.Service}");
        await Until(async () => (await load.Stores[0].CheckAsync(default)) is { Failure: null, Facts: var facts } && (string)facts["sentinels"] == "3 of 3");

        await servers.Sentinels[0].KillAsync();

        await Until(async () => (await load.Stores[0].CheckAsync(default)).Warnings.Any(warning => warning.Contains("do not answer")));
        (await load.Stores[0].ListAsync(null, 1000, default)).Should().BeEmpty("two of three sentinels still name the primary");
    }
}
