using System.Globalization;

namespace RestMq.Ledger.Clients;

/// <summary>A consumer in a process of its own: it leases, writes a line, and acks.</summary>
internal static class ConsumerProcess
{
    private static int _kills;

    /// <summary>How many have been killed.</summary>
    public static int Kills => Volatile.Read(ref _kills);

    /// <summary>What such a process does.</summary>
    /// <param name="arguments">The queue, the lease in seconds, and the daemons' ports.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        using var output = Console.OpenStandardOutput();
        var numbers = arguments.Skip(1).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        // A line is out before the next thing is done, so what is noted is what was got.
        await new Taker(Note, arguments[0], numbers[1..], numbers[0]).RunAsync(CancellationToken.None);

        void Note(Sighting sighting) => output.Write(System.Text.Encoding.ASCII.GetBytes($"{sighting}\n"));
    }

    /// <summary>Starts one after another, and kills each after about a second; in the end nobody is left.</summary>
    public static async Task KeepKillingAsync(Book book, string queue, int lease, IReadOnlyList<int> ports, CancellationToken stop)
    {
        string[] arguments = [typeof(ConsumerProcess).Assembly.Location, "consume", queue, $"{lease}", .. ports.Select(port => $"{port}")];
        while (!stop.IsCancellationRequested)
        {
            await using var process = new ChildProcess("dotnet", arguments, "The ledger needs dotnet on the PATH.");
            await process.WaitForLineAsync(_ => true).WaitAsync(stop).ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.Delay(Random.Shared.Next(500, 1500), stop).ContinueWith(_ => { }, TaskScheduler.Default);
            await process.KillAsync();
            Interlocked.Increment(ref _kills);
            var page = book.NewPage();
            foreach (var line in process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) page.Note(Sighting.Parse(line));
        }
    }
}
