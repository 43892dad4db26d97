using Microsoft.Extensions.Logging;

namespace RestMq.Running;

/// <summary>What a consumer works with, and whether its source is there: told when that changes, whatever was asked of it.</summary>
/// <param name="name">Its queues as they were given.</param>
/// <param name="source">Where messages come from and are settled.</param>
/// <param name="handler">Handles one message.</param>
/// <param name="options">Its options.</param>
/// <param name="time">The clock of pauses and renewals.</param>
/// <param name="logger">Told of what goes wrong.</param>
internal sealed partial class Consumption(
    string name, IMessageSource source, Func<SourceMessage, CancellationToken, Task> handler,
    RestMqConsumerOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private bool _away;

    /// <summary>How long one call of the source may take; the wait for messages is besides.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => name;

    public IMessageSource Source => source;

    public Func<SourceMessage, CancellationToken, Task> Handler => handler;

    public RestMqConsumerOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>The pause after so many attempts of which none came through.</summary>
    public static TimeSpan PauseAfter(int attempts) => attempts > 5 ? LongestPause : FirstPause * Math.Pow(2, attempts - 1);

    public void Answered()
    {
        if (Volatile.Read(ref _away) && Interlocked.Exchange(ref _away, false)) LogBack(logger, name);
    }

    public void Failed(Exception failure)
    {
        if (!Interlocked.Exchange(ref _away, true)) LogAway(logger, failure, name);
    }

    [LoggerMessage(61, LogLevel.Warning, "The source of {Queues} does not answer; trying again until it does")]
    private static partial void LogAway(ILogger logger, Exception exception, string queues);

    [LoggerMessage(62, LogLevel.Information, "The source of {Queues} answers again")]
    private static partial void LogBack(ILogger logger, string queues);
}
