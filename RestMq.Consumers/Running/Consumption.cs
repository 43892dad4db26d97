using Microsoft.Extensions.Logging;

namespace RestMq.Running;

/// <summary>What a consumer works with.</summary>
/// <param name="Name">Its queues as they were given.</param>
/// <param name="Source">Where messages come from and are settled.</param>
/// <param name="Handler">Handles one message.</param>
/// <param name="Options">Its options.</param>
/// <param name="Time">The clock of pauses and renewals.</param>
/// <param name="Logger">Told of what goes wrong.</param>
internal sealed record Consumption(
    string Name, IMessageSource Source, Func<LeasedMessage, CancellationToken, Task> Handler, RestMqConsumerOptions Options, TimeProvider Time, ILogger Logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>How long one call of the source may take; the wait for messages is besides.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The pause after so many attempts of which none came through.</summary>
    public static TimeSpan PauseAfter(int attempts) =>
        attempts > 5 ? LongestPause : FirstPause * Math.Pow(2, attempts - 1);
}
