using System.Globalization;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Runs a consumer in its own process. The consumer leases a message, writes a line, and acks the message.
/// </summary>
internal static class ConsumerProcess
{
    private static int _kills;

    /// <summary>Gets the number of killed processes.</summary>
    public static int Kills => Volatile.Read(ref _kills);

    /// <summary>Consumes messages until the process is killed. This is the main method of the process.</summary>
    /// <param name="arguments">The queue, the lease in seconds, and the ports of the hosts.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        using var output = Console.OpenStandardOutput();
        var numbers = arguments.Skip(1).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        // Each line is written before the ack is sent, so the output names every message that the process received.
        await new Consumer(Note, arguments[0], numbers[1..], numbers[0]).RunAsync(CancellationToken.None);

        void Note(ReceivedMessage message) => output.Write(System.Text.Encoding.ASCII.GetBytes($"{message}\n"));
    }

    /// <summary>
    /// Starts one process after another, and kills each after about a second. No process is left at the end.
    /// </summary>
    public static async Task KeepKillingAsync(Journal journal, string queue, int lease, IReadOnlyList<int> ports, CancellationToken stop)
    {
        string[] arguments = [typeof(ConsumerProcess).Assembly.Location, "consume", queue, $"{lease}", .. ports.Select(port => $"{port}")];
        while (!stop.IsCancellationRequested)
        {
            await using var process = new ChildProcess("dotnet", arguments, "The ledger needs dotnet on the PATH.");
            await process.WaitForLineAsync(_ => true).WaitAsync(stop).ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.Delay(Random.Shared.Next(500, 1500), stop).ContinueWith(_ => { }, TaskScheduler.Default);
            await process.KillAsync();
            Interlocked.Increment(ref _kills);
            var page = journal.NewPage();
            foreach (var line in process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) page.Note(ReceivedMessage.Parse(line));
        }
    }
}
