using RestMq.Ledger.Scenarios;
using RestMq.TestUtilities;

namespace RestMq.Ledger;

/// <summary>
/// Runs every scenario of the ledger for a few seconds. docs/explanation/reliability.md has the table of the long form.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    private static bool _headed;

    public static TheoryData<string> Names => [.. Scenario.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_EachScenario_KeepsPromises(string name)
    {
        if (!_headed) Measured.Say($"The ledger, {Time.TotalSeconds} s for each scenario:\n{Row.Header}");
        _headed = true;
        foreach (var row in await Scenario.All.Single(scenario => scenario.Name == name).RunAsync(Time))
        {
            Measured.Say(row.ToString());
            row.Faults.Should().BePositive("a scenario must cause at least one fault");
            row.Holds.Should().BeTrue($"the row must keep its promises: {row}");
        }
    }
}
