using System.Net;
using Microsoft.Extensions.Logging;

namespace RestMq.Hosting;

/// <summary>
/// Holds the source, handler and options of a consumer. It also tracks whether the source answers, and logs each
/// change.
/// </summary>
/// <param name="name">The consumer's queues, as the application passed them.</param>
/// <param name="source">The source that delivers and settles messages.</param>
/// <param name="handler">Handles one message.</param>
/// <param name="options">The consumer's options.</param>
/// <param name="time">The clock for pauses and lease renewals.</param>
/// <param name="logger">The log for failures.</param>
internal sealed partial class ConsumerLoop(
    string name, IMessageSource source, Func<SourceMessage, CancellationToken, Task> handler,
    RestMqConsumerOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private enum State
    {
        Answers,
        Unavailable,
        Refuses,
    }

    private volatile State _state;
    private long _longestDelay = (source.MaxDelay ?? TimeSpan.MaxValue).Ticks;

    /// <summary>
    /// Limits how long one call that settles or extends may take. It does not limit the wait for messages.
    /// </summary>
    public static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(10);

    public string Name => name;

    public IMessageSource Source => source;

    public Func<SourceMessage, CancellationToken, Task> Handler => handler;

    public RestMqConsumerOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Returns the pause after a number of failed attempts in a row.</summary>
    public static TimeSpan PauseAfter(int attempts) => attempts > 5 ? LongestPause : FirstPause * Math.Pow(2, attempts - 1);

    /// <summary>
    /// Returns whether an exception of the source means that another attempt cannot succeed. An unavailable store or a
    /// busy host (429) does not mean that.
    /// </summary>
    public static bool IsRefusal(Exception e) => e switch
    {
        ArgumentException => true,
        HttpRequestException { StatusCode: { } status } =>
            (int)status is >= 400 and < 500 && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests),
        _ => false,
    };

    /// <summary>
    /// Returns the pause before a message with this delivery count is delivered again. The pause is not longer than the
    /// longest delay that the source is known to accept.
    /// </summary>
    public TimeSpan DelayAfter(long count)
    {
        var (delay, longest) = (options.DelayAfter(count), TimeSpan.FromTicks(Volatile.Read(ref _longestDelay)));
        return delay < longest ? delay : longest;
    }

    /// <summary>
    /// Logs a warning when the source is known not to accept the configured pauses. This is not an error, because even
    /// the default pauses may be longer than the source accepts.
    /// </summary>
    public void Start()
    {
        var longest = TimeSpan.FromTicks(_longestDelay);
        if (options.MaxRetryDelay > longest) LogCapped(logger, name, longest, options.RetryDelay, options.MaxRetryDelay);
    }

    /// <summary>Remembers the longest delay that the source accepted, after it refused a longer delay.</summary>
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
        var state = IsRefusal(failure) ? State.Refuses : State.Unavailable;
        if (Interlocked.Exchange(ref _state, state) == state) return;
        if (state == State.Refuses) LogNotLet(logger, failure, name);
        else LogAway(logger, failure, name);
    }

    [LoggerMessage(66, LogLevel.Warning,
        "The retry pauses of {Queues} must be at most {Longest}, the longest delay of its source " +
        "(RestMqOptions.MaxDelay), but RestMqConsumerOptions has a RetryDelay of {First} and a MaxRetryDelay of " +
        "{Most}. Longer pauses are shortened.")]
    private static partial void LogCapped(ILogger logger, string queues, TimeSpan longest, TimeSpan first, TimeSpan most);

    [LoggerMessage(67, LogLevel.Warning,
        "The source of {Queues} refused to release a message with a delay of {Refused} and accepted {Taken}, which " +
        "is the longest pause from now on. Set RestMqConsumerOptions.RetryDelay and MaxRetryDelay to at most the " +
        "host's RestMqOptions.MaxDelay.")]
    private static partial void LogShortened(ILogger logger, string queues, TimeSpan refused, TimeSpan taken);

    [LoggerMessage(61, LogLevel.Warning,
        "The source of {Queues} does not answer. The consumer tries again until the source answers.")]
    private static partial void LogAway(ILogger logger, Exception exception, string queues);

    [LoggerMessage(68, LogLevel.Error,
        "The source of {Queues} refuses the requests of this application. The consumer tries again until the source " +
        "accepts them. Check the application's key or password, and its permissions on the host.")]
    private static partial void LogNotLet(ILogger logger, Exception exception, string queues);

    [LoggerMessage(62, LogLevel.Information, "The source of {Queues} answers again.")]
    private static partial void LogBack(ILogger logger, string queues);
}
