using RestMq.TestUtilities;

namespace RestMq.Ledger.Servers;

/// <summary>Tests the launcher of sentinels. A failover test proves nothing if there was no failover.</summary>
public sealed class SentinelTopologyTests : IAsyncLifetime
{
    private SentinelTopology _topology = null!;

    public async Task InitializeAsync() => _topology = await SentinelTopology.LaunchAsync(new SentinelOptions { Hurried = true });

    public async Task DisposeAsync() => await _topology.DisposeAsync();

    [Fact]
    public async Task Failover_Planned_PromotesReplica()
    {
        var (first, second) = (_topology.Servers[0], _topology.Servers[1]);
        (await _topology.CurrentPrimaryAsync()).Should().Be(first);
        (await _topology.FailoverAsync()).Should().Be(second);
        (await first.Redis.InfoAsync("replication", "role")).Should().Be("slave");
        (await _topology.FailoverAsync()).Should().Be(first);
    }

    [Fact]
    public async Task Kill_ThenRestart_IsPrimaryUntilSentinelsReconfigureIt()
    {
        var (first, second) = (_topology.Servers[0], _topology.Servers[1]);
        await first.Redis.KillAsync();
        await _topology.WaitForFailoverAsync(first);
        await first.StartAsync();
        (await first.Redis.InfoAsync("replication", "role")).Should().Be("master");
        await _topology.WaitForAgreementAsync();
        (await _topology.CurrentPrimaryAsync()).Should().Be(second);
        (await first.Redis.InfoAsync("replication", "role")).Should().Be("slave");
    }

    [Fact]
    public async Task Partition_Primary_LeavesTwoPrimariesUntilHealed()
    {
        var (first, second) = (_topology.Servers[0], _topology.Servers[1]);
        _topology.Partition([first], sources: [System.Net.IPAddress.Parse("127.0.0.9")]);
        await _topology.WaitForFailoverAsync(first);
        (await first.Redis.InfoAsync("replication", "role")).Should().Be("master");
        (await AnswersAsync("127.0.0.9", first.Proxy.Port))
            .Should().BeTrue("a client on the primary's side reaches the primary");
        (await AnswersAsync("127.0.0.9", second.Proxy.Port)).Should().BeFalse();
        (await AnswersAsync("127.0.0.9", _topology.Sentinels[0].Proxy.Port)).Should().BeFalse();
        (await AnswersAsync("127.0.0.1", first.Proxy.Port)).Should().BeFalse();
        (await AnswersAsync("127.0.0.1", second.Proxy.Port)).Should().BeTrue();
        _topology.Heal();
        await _topology.WaitForAgreementAsync();
        (await _topology.CurrentPrimaryAsync()).Should().Be(second);
        (await AnswersAsync("127.0.0.9", second.Proxy.Port)).Should().BeTrue();
    }

    private static async Task<bool> AnswersAsync(string source, int port)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        using var client = new System.Net.Sockets.TcpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(source), 0));
        try
        {
            await client.ConnectAsync(System.Net.IPAddress.Loopback, port, patience.Token);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), patience.Token);
            return await client.GetStream().ReadAsync(new byte[7], patience.Token) == 7;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
