using RestMq.Ledger.Scenarios;
using RestMq.TestServers;

namespace RestMq.Ledger;

/// <summary>Every scenario of the ledger, for a few seconds; docs/reliability.md has the table of the long form.</summary>
public sealed class ScenarioTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    private static bool _headed;

    public static TheoryData<string> Names => [.. Scenario.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_was_acknowledged_arrives(string name)
    {
        if (!_headed) Measured.Say($"The ledger, {Time.TotalSeconds} s a scenario:\n{Row.Header}");
        _headed = true;
        foreach (var row in await Scenario.All.Single(scenario => scenario.Name == name).RunAsync(Time))
        {
            Measured.Say(row.ToString());
            row.Faults.Should().BePositive("something has to go wrong");
            row.Holds.Should().BeTrue($"the promises hold: {row}");
        }
    }
}
