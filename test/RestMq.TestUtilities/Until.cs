using System.Diagnostics;

namespace RestMq.TestUtilities;

/// <summary>Polls servers until they reach a state, because they do not report it themselves.</summary>
internal static class Until
{
    /// <summary>Polls until nothing is missing. Throws with the missing part when the time is over.</summary>
    /// <param name="missing">Returns null when the state is reached, otherwise the missing part. An exception of an
    /// unreachable server counts as missing.</param>
    /// <param name="wanted">The state, as a clause for the message.</param>
    /// <param name="patience">How long to poll.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
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
            if (clock.Elapsed > patience)
            {
                throw new TimeoutException(
                    $"'{wanted}' must be true within {patience.TotalSeconds} s, but was not: {lacking}");
            }
            await Task.Delay(25, cancellationToken);
        }
    }
}
