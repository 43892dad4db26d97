using System.Diagnostics;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Sends numbered messages and records which adds were acknowledged. It sends a message after the reply to the previous
/// one. A producer that insists repeats an add with the same <c>Idempotency-Key</c> until the add is acknowledged.
/// Other producers go on to the next number.
/// </summary>
/// <param name="outcomes">Records the outcomes of the adds.</param>
/// <param name="id">The number of the producer.</param>
/// <param name="queue">The queue.</param>
/// <param name="ports">The ports of the hosts.</param>
/// <param name="insists">Whether it repeats an add until it is acknowledged.</param>
/// <param name="rate">The highest rate, in messages per second.</param>
internal sealed class Producer(IOutcomes outcomes, int id, string queue, IReadOnlyList<int> ports, bool insists, double rate)
{
    /// <summary>
    /// Gets the probability of a large message of 300,000 to 900,000 bytes. The system's socket buffers cannot hold
    /// that much for a client that does not read. Other messages have up to 1000 bytes.
    /// </summary>
    public double Large { get; init; }

    /// <summary>Gets whether an add must be on a replica before it is acknowledged.</summary>
    public bool Replicated { get; init; }

    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new HostClient(ports);
        var (start, sent) = (Stopwatch.StartNew(), 0);
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            await SendAsync(client, new Entry(id, number));
            // The producer does not catch up after a stall, because that would only fill the queue.
            sent = Math.Max(sent + 1, (int)(start.Elapsed.TotalSeconds * rate) - 10);
            var ahead = (sent / rate) - start.Elapsed.TotalSeconds;
            if (ahead > 0.002) await Task.Delay(TimeSpan.FromSeconds(ahead), CancellationToken.None);
        }
    }

    private async Task SendAsync(HostClient client, Entry entry)
    {
        var length = Random.Shared.NextDouble() < Large ? Random.Shared.Next(300_000, 900_000) : Random.Shared.Next(20, 1000);
        outcomes.Sending(entry);
        var (post, form) = ($"POST /q/{queue}{(Replicated ? "?durability=replicated" : "")}", "value=" + entry.Text(length));
        if (insists)
        {
            var yes = await client.AskAsync(post, form, $"Idempotency-Key: {entry.Producer}-{entry.Number}");
            outcomes.Acknowledged(entry, ReceivedMessage.IdOf(yes.Text));
            return;
        }
        var reply = await client.TryAskAsync(post, form);
        if (reply is { IsYes: true } added) outcomes.Acknowledged(entry, ReceivedMessage.IdOf(added.Text));
        else if (reply is null or { IsAway: true }) outcomes.InDoubt(entry);
        else
            throw new InvalidOperationException(
                $"An add must be answered with 2xx or 502 to 504, but the reply was: {reply.Value.Status} {reply.Value.Text}");
        if (reply is { IsYes: false }) await Task.Delay(100); // Shorter than Retry-After, which is 1 second.
    }
}
