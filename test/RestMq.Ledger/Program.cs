// The ledger: producers number their messages and note what was acknowledged, consumers note what they got, and something goes wrong meanwhile.
//
//   dotnet run -c Release --project test/RestMq.Ledger -- [--seconds 60] [scenario…]
//   dotnet run -c Release --project test/RestMq.Ledger -- soak [--minutes 60] [--streams 2000]
//
// Prints a table, a row a scenario, and ends with 0 when every promise was kept. docs/reliability.md explains the scenarios and the columns.

using System.Globalization;
using System.Runtime.InteropServices;
using RestMq.Ledger;
using RestMq.Ledger.Clients;
using RestMq.Ledger.Scenarios;
using RestMq.Ledger.Soak;

// The servers it started end with it, however it is told to end.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));

if (args is ["consume", .. var rest])
{
    await ConsumerProcess.RunAsync(rest);
    return 0;
}
if (args is ["soak", .. var options])
{
    return await new SoakRun(TimeSpan.FromMinutes(Number(options, "--minutes", 60)), Number(options, "--streams", 2000)).RunAsync() ? 0 : 1;
}

var time = TimeSpan.FromSeconds(Number(args, "--seconds", 60));
var names = args.Where((argument, i) => argument != "--seconds" && (i == 0 || args[i - 1] != "--seconds")).ToArray();
var known = Scenario.All.Select(scenario => scenario.Name).ToArray();
if (names.Except(known).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no scenario {unknown}; there are: {string.Join(", ", known)}, and soak.");
    return 2;
}

var holds = true;
Console.WriteLine(Row.Header);
foreach (var scenario in Scenario.All.Where(scenario => names.Length == 0 || names.Contains(scenario.Name)))
{
    try
    {
        foreach (var row in await scenario.RunAsync(time))
        {
            Console.WriteLine(row);
            holds &= row.Holds;
        }
    }
    catch (Exception e)
    {
        // The others are still worth knowing.
        Console.WriteLine($"| {scenario.Name} | FAILED: {e} |");
        holds = false;
    }
}
return holds ? 0 : 1;

static int Number(string[] arguments, string name, int otherwise)
{
    var at = Array.IndexOf(arguments, name);
    return at < 0 ? otherwise : int.Parse(arguments[at + 1], CultureInfo.InvariantCulture);
}
