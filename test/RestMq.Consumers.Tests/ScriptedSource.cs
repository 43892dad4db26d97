using System.Collections.Concurrent;

namespace RestMq;

/// <summary>Delivers the messages that a test adds, and can fail as the test wants.</summary>
internal sealed class ScriptedSource : IMessageSource
{
    private readonly SemaphoreSlim _some = new(0);
    private readonly ConcurrentQueue<SourceMessage> _messages = new();

    /// <summary>Makes every call fail.</summary>
    public volatile bool IsUnavailable;

    /// <summary>Makes a lease return at once without messages.</summary>
    public volatile bool IsHasty;

    /// <summary>Makes a cancelled lease fail with an <c>IOException</c> instead.</summary>
    public volatile bool FailsWhenStopped;

    /// <summary>
    /// Gets or sets which exception a call fails with, such as <c>lease</c>, <c>ack</c> or <c>release 00:00:01</c>.
    /// Null lets the call succeed.
    /// </summary>
    public Func<string, Exception?> Refuses { get; set; } = _ => null;

    public ConcurrentQueue<string> Refused { get; } = new();

    public int Leases { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Gets the number of deliveries.</summary>
    public int Deliveries { get; private set; }

    public ConcurrentQueue<string> Settled { get; } = new();

    public SourceMessage Add(string text, string? traceParent = null)
    {
        var message = new SourceMessage
        {
            Receipt = Receipt.Parse("q:1.1"), DeliveryCount = 1, Body = System.Text.Encoding.UTF8.GetBytes(text), TraceParent = traceParent,
        };
        _messages.Enqueue(message);
        _some.Release();
        return message;
    }

    public async ValueTask<IReadOnlyList<SourceMessage>> LeaseAsync(
        IReadOnlyList<string> queues, int max, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        Leases++;
        FailIfUnavailable();
        FailIfRefused("lease");
        if (IsHasty) return [];
        try
        {
            await _some.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (FailsWhenStopped)
        {
            Failures++;
            throw new IOException("The test made the source fail while the lease was cancelled.");
        }
        if (!_messages.TryDequeue(out var message)) return [];
        Deliveries++;
        return [message];
    }

    public ValueTask<bool> AckAsync(SourceMessage message, CancellationToken cancellationToken) => Settle("ack");

    public ValueTask<bool> ExtendAsync(SourceMessage message, TimeSpan lease, CancellationToken cancellationToken) => Settle("extend");

    public ValueTask<bool> ReleaseAsync(SourceMessage message, TimeSpan delay, CancellationToken cancellationToken) => Settle($"release {delay}");

    public ValueTask<bool> BuryAsync(SourceMessage message, string reason, CancellationToken cancellationToken) => Settle($"bury {reason}");

    private ValueTask<bool> Settle(string what)
    {
        FailIfUnavailable();
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

    private void FailIfUnavailable()
    {
        if (!IsUnavailable) return;
        Failures++;
        throw new IOException("The test made the source unavailable.");
    }
}
