using System.Collections.Concurrent;

namespace RestMq;

/// <summary>Runs the code of a test's handlers, and records the messages they received.</summary>
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

/// <summary>Passes each message to the test's code.</summary>
public class WorkHandler<TMessage>(Work<TMessage> work) : IMessageHandler<TMessage>
{
    public Task HandleAsync(MessageContext<TMessage> context, CancellationToken cancellationToken) => work.HandleAsync(context, cancellationToken);
}

/// <summary>Represents a message whose body is JSON.</summary>
public sealed record Order(int Number, string Customer);

/// <summary>Holds handlers until the test opens it.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.SetResult();

    public Task PassAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(cancellationToken);
}

/// <summary>Refuses a negative number in its constructor.</summary>
public sealed record Counted
{
    public Counted(int number) => Number = number >= 0 ? number : throw new ArgumentOutOfRangeException(nameof(number));

    public int Number { get; }
}
