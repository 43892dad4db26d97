using System.Collections.Concurrent;

namespace RestMq;

/// <summary>What a test's handlers do, and what they were given.</summary>
public sealed class Work<TMessage>(Func<MessageContext<TMessage>, CancellationToken, Task> handle)
{
    private int _running;

    public ConcurrentQueue<MessageContext<TMessage>> Begun { get; } = new();

    public ConcurrentQueue<MessageContext<TMessage>> Done { get; } = new();

    public int MostAtOnce { get; private set; }

    public int Running => Volatile.Read(ref _running);

    public async Task HandleAsync(MessageContext<TMessage> context, CancellationToken cancellationToken)
    {
        lock (Begun) MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _running));
        Begun.Enqueue(context);
        try
        {
            await handle(context, cancellationToken);
            Done.Enqueue(context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}

/// <summary>Does the test's work.</summary>
public class WorkHandler<TMessage>(Work<TMessage> work) : IMessageHandler<TMessage>
{
    public Task HandleAsync(MessageContext<TMessage> context, CancellationToken cancellationToken) => work.HandleAsync(context, cancellationToken);
}

/// <summary>What is handled here as JSON.</summary>
public sealed record Order(int Number, string Customer);

/// <summary>A gate that handlers wait at.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.SetResult();

    public Task PassAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(cancellationToken);
}
