using System.Diagnostics;

namespace RestMq.TestServers;

/// <summary>Waits for a state of servers that can only be asked for.</summary>
internal static class Until
{
    /// <summary>Asks until nothing is missing; fails with what was missing when the time is over.</summary>
    /// <param name="missing">Returns null when the state is reached, else what it lacks. An exception of a server that
    /// is away counts as lacking.</param>
    /// <param name="wanted">The state, for the message.</param>
    /// <param name="patience">For how long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task NothingMissingAsync(
        Func<Task<string?>> missing, string wanted, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            string? lacking;
            try
            {
                lacking = await missing();
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or RespErrorException or OperationCanceledException)
            {
                lacking = e.Message;
            }
            if (lacking is null) return;
            if (clock.Elapsed > patience) throw new TimeoutException($"Within {patience.TotalSeconds} s it was not so that {wanted}: {lacking}");
            await Task.Delay(25, cancellationToken);
        }
    }
}
