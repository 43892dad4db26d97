using RestMq.Ledger.Soak.Strangers;

namespace RestMq.Ledger;

/// <summary>Runs the short form of honest clients among strangers. A short run does not judge the latency.</summary>
public sealed class StrangersTests
{
    [Fact]
    public async Task Run_HostileClientsOnASmallHost_HonestClientsLoseNothing() =>
        (await new StrangersRun(TimeSpan.FromSeconds(24)).RunAsync()).Should().BeTrue();
}
