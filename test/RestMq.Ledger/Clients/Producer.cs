using System.Diagnostics;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Sends numbered messages one after another, the next when the last was answered, and notes what was acknowledged. One
/// that insists asks again with the same <c>Idempotency-Key</c> until it has a yes; the others go on to the next
/// number.
/// </summary>
/// <param name="outcomes">Where it notes that.</param>
/// <param name="id">Who it is.</param>
/// <param name="queue">Where it sends to.</param>
/// <param name="ports">The daemons.</param>
/// <param name="insists">Whether it asks again.</param>
/// <param name="rate">Messages a second, at most.</param>
internal sealed class Producer(IOutcomes outcomes, int id, string queue, IReadOnlyList<int> ports, bool insists, double rate)
{
    /// <summary>
    /// How often a message is of some hundred thousand bytes, more than the system keeps for a client that does not
    /// read; else it has up to a thousand.
    /// </summary>
    public double Large { get; init; }

    /// <summary>Whether an add has to be on a replica before it is answered.</summary>
    public bool Replicated { get; init; }

    public async Task RunAsync(CancellationToken stop)
    {
        using var line = new Line(ports);
        var (start, sent) = (Stopwatch.StartNew(), 0);
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            await SendAsync(line, new Entry(id, number));
            // A stall is not made up for: it would only pile messages up.
            sent = Math.Max(sent + 1, (int)(start.Elapsed.TotalSeconds * rate) - 10);
            var ahead = (sent / rate) - start.Elapsed.TotalSeconds;
            if (ahead > 0.002) await Task.Delay(TimeSpan.FromSeconds(ahead), CancellationToken.None);
        }
    }

    private async Task SendAsync(Line line, Entry entry)
    {
        var length = Random.Shared.NextDouble() < Large ? Random.Shared.Next(300_000, 900_000) : Random.Shared.Next(20, 1000);
        outcomes.Sending(entry);
        var (post, form) = ($"POST /q/{queue}{(Replicated ? "?durability=replicated" : "")}", "value=" + entry.Text(length));
        if (insists)
        {
            var yes = await line.AskAsync(post, form, $"Idempotency-Key: {entry.Producer}-{entry.Number}");
            outcomes.Acknowledged(entry, Sighting.IdOf(yes.Text));
            return;
        }
        var reply = await line.TryAskAsync(post, form);
        if (reply is { IsYes: true } added) outcomes.Acknowledged(entry, Sighting.IdOf(added.Text));
        else if (reply is null or { IsAway: true }) outcomes.InDoubt(entry);
        else throw new InvalidOperationException($"An add was answered {reply.Value.Status} {reply.Value.Text}");
        if (reply is { IsYes: false }) await Task.Delay(100); // Retry-After is a second; this one is in a hurry.
    }
}
