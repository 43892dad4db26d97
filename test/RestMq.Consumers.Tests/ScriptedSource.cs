using System.Collections.Concurrent;

namespace RestMq;

/// <summary>A source whose messages are given by a test, and which can be away.</summary>
internal sealed class ScriptedSource : IMessageSource
{
    private readonly SemaphoreSlim _some = new(0);
    private readonly ConcurrentQueue<SourceMessage> _messages = new();

    /// <summary>Whether every call fails.</summary>
    public volatile bool IsAway;

    /// <summary>Whether it answers at once, with nothing.</summary>
    public volatile bool IsHasty;

    /// <summary>Whether a call that is cancelled fails in another way instead.</summary>
    public volatile bool FailsWhenStopped;

    /// <summary>What a call fails with, such as <c>lease</c>, <c>ack</c> or <c>release 00:00:01</c>; null when it is done.</summary>
    public Func<string, Exception?> Refuses { get; set; } = _ => null;

    public ConcurrentQueue<string> Refused { get; } = new();

    public int Leases { get; private set; }

    public int Failures { get; private set; }

    /// <summary>How many messages it has handed out.</summary>
    public int HandedOut { get; private set; }

    public ConcurrentQueue<string> Settled { get; } = new();

    public SourceMessage Add(string text, string? traceParent = null)
    {
        var message = new SourceMessage
        {
            Queue = "q", Key = "q:1", Receipt = "q:1.1", Count = 1, Body = System.Text.Encoding.UTF8.GetBytes(text), TraceParent = traceParent,
        };
        _messages.Enqueue(message);
        _some.Release();
        return message;
    }

    public async ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        Leases++;
        FailIfAway();
        FailIfRefused("lease");
        if (IsHasty) return [];
        try
        {
            await _some.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (FailsWhenStopped)
        {
            Failures++;
            throw new IOException("The source went away just then.");
        }
        if (!_messages.TryDequeue(out var message)) return [];
        HandedOut++;
        return [message];
    }

    public ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken) => Settle("ack");

    public ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken) => Settle("extend");

    public ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken) => Settle($"release {delay}");

    public ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken) => Settle($"bury {reason}");

    private ValueTask<bool> Settle(string what)
    {
        FailIfAway();
        FailIfRefused(what);
        Settled.Enqueue(what);
        return new(true);
    }

    private void FailIfRefused(string what)
    {
        if (Refuses(what) is not { } refusal) return;
        Refused.Enqueue(what);
        throw refusal;
    }

    private void FailIfAway()
    {
        if (!IsAway) return;
        Failures++;
        throw new IOException("The source is away, as the test wants it.");
    }
}
