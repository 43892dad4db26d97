// The ledger checks what RestMQ promises while hosts, servers or connections fail. Producers number their messages and
// record which adds were acknowledged. Consumers record which messages they received.
//
//   dotnet run -c Release --project test/tools/RestMq.Ledger -- [--seconds 60] [scenario…]
//   dotnet run -c Release --project test/tools/RestMq.Ledger -- soak [--minutes 60] [--streams 2000]
//   dotnet run -c Release --project test/tools/RestMq.Ledger -- strangers [--seconds 1800]
//
// Prints a table with one or more rows for each scenario. The exit code is 0 when every promise was kept.
// docs/explanation/reliability.md explains the scenarios and the columns.

using System.Globalization;
using System.Runtime.InteropServices;
using RestMq.Ledger;
using RestMq.Ledger.Clients;
using RestMq.Ledger.Scenarios;
using RestMq.Ledger.Soak;
using RestMq.Ledger.Soak.Strangers;

// Exiting here runs the handlers that end the child processes. A plain signal would leave the servers running.
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

if (args is ["strangers", .. var limits])
    return await new StrangersRun(TimeSpan.FromSeconds(Number(limits, "--seconds", 1800))).RunAsync() ? 0 : 1;

var time = TimeSpan.FromSeconds(Number(args, "--seconds", 60));
var names = args.Where((argument, i) => argument != "--seconds" && (i == 0 || args[i - 1] != "--seconds")).ToArray();
var known = Scenario.All.Select(scenario => scenario.Name).ToArray();
if (names.Except(known).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"'{unknown}' is not a scenario. Use one of these: {string.Join(", ", known)}, soak, strangers.");
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
        // The results of the other scenarios are still useful.
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
