using System.Net;
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

    private enum State
    {
        Answers,
        Away,
        Refuses,
    }

    private volatile State _state;
    private long _longestDelay = (source.MaxDelay ?? TimeSpan.MaxValue).Ticks;

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

    /// <summary>Whether an exception of the source says that asking again is of no use. A store that is away, or a host that is busy, is no such.</summary>
    public static bool IsRefusal(Exception e) => e switch
    {
        ArgumentException => true,
        HttpRequestException { StatusCode: { } status } =>
            (int)status is >= 400 and < 500 && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests),
        _ => false,
    };

    /// <summary>The pause before a message comes again that was handed out so many times: no longer than the source takes, as far as that is known.</summary>
    public TimeSpan DelayAfter(long count)
    {
        var (delay, longest) = (options.DelayAfter(count), TimeSpan.FromTicks(Volatile.Read(ref _longestDelay)));
        return delay < longest ? delay : longest;
    }

    /// <summary>Tells of pauses that the source is known not to take. It is no reason to stop: the default may be one of them.</summary>
    public void Start()
    {
        var longest = TimeSpan.FromTicks(_longestDelay);
        if (options.MaxRetryDelay > longest) LogCapped(logger, name, longest, options.RetryDelay, options.MaxRetryDelay);
    }

    /// <summary>Remembers that a pause was refused, and this one was not.</summary>
    public void Shorten(TimeSpan refused, TimeSpan taken)
    {
        Volatile.Write(ref _longestDelay, taken.Ticks);
        LogShortened(logger, name, refused, taken);
    }

    public void Answered()
    {
        if (_state != State.Answers && Interlocked.Exchange(ref _state, State.Answers) != State.Answers) LogBack(logger, name);
    }

    public void Failed(Exception failure)
    {
        var state = IsRefusal(failure) ? State.Refuses : State.Away;
        if (Interlocked.Exchange(ref _state, state) == state) return;
        if (state == State.Refuses) LogNotLet(logger, failure, name);
        else LogAway(logger, failure, name);
    }

    [LoggerMessage(66, LogLevel.Warning, "A message of {Queues} that failed comes again after {Longest} at most, which is the longest delay of its source " +
        "(RestMqOptions.MaxDelay); RestMqConsumerOptions has a RetryDelay of {First} and a MaxRetryDelay of {Most}")]
    private static partial void LogCapped(ILogger logger, string queues, TimeSpan longest, TimeSpan first, TimeSpan most);

    [LoggerMessage(67, LogLevel.Warning, "The source of {Queues} refuses to give a message back after {Refused}, and took {Taken}, the longest pause from now on. Set " +
        "RestMqConsumerOptions.RetryDelay and MaxRetryDelay within the host's RestMqOptions.MaxDelay")]
    private static partial void LogShortened(ILogger logger, string queues, TimeSpan refused, TimeSpan taken);

    [LoggerMessage(61, LogLevel.Warning, "The source of {Queues} does not answer; trying again until it does")]
    private static partial void LogAway(ILogger logger, Exception exception, string queues);

    [LoggerMessage(68, LogLevel.Error, "The source of {Queues} refuses to hand out messages to this application; trying again until it does. Look at its key or password, " +
        "and at what the host lets it do")]
    private static partial void LogNotLet(ILogger logger, Exception exception, string queues);

    [LoggerMessage(62, LogLevel.Information, "The source of {Queues} answers again")]
    private static partial void LogBack(ILogger logger, string queues);
}
