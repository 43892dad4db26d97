using System.Reflection;
using System.Threading.Channels;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// A daemon's connection whose commands wait for their turn, and of which it may live to do no more than some.
/// </summary>
internal sealed class Turns(int lives)
{
    private readonly Channel<Func<Task>> _waiting = Channel.CreateUnbounded<Func<Task>>();
    private int _left = lives;

    /// <summary>Whether it has died: none of its commands is done any more.</summary>
    public bool IsDead => Volatile.Read(ref _left) < 0;

    /// <summary>Whether commands go at once.</summary>
    public bool IsFree { get; set; } = true;

    /// <summary>Whether commands on the index of queues are not answered.</summary>
    public bool HoldsIndex { get; init; }

    public bool HasNext => _waiting.Reader.Count > 0;

    /// <summary>Waits until there is a command, or the work that makes them is done.</summary>
    public Task ReadyAsync(Task work) => Task.WhenAny(work, _waiting.Reader.WaitToReadAsync().AsTask());

    /// <summary>Lets the next command be done.</summary>
    public Task NextAsync() => _waiting.Reader.TryRead(out var next) ? next() : throw new InvalidOperationException("No command waits.");

    /// <summary>A connection like this one, whose commands wait.</summary>
    public IConnectionMultiplexer Of(IConnectionMultiplexer connection) => Proxy.Wrap(connection, this);

    private Task<T> WaitAsync<T>(Func<Task<T>> command)
    {
        if (IsDead) return Task.FromException<T>(Died());
        if (IsFree) return command();
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite(async () =>
        {
            try
            {
                done.SetResult(Interlocked.Decrement(ref _left) >= 0 ? await command() : throw Died());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private static TimeoutException Died() => new("The daemon has died.");

    private class Proxy : DispatchProxy
    {
        private object _inner = null!;
        private Turns _turns = null!;

        public static T Wrap<T>(T inner, Turns turns) where T : class
        {
            var wrapped = Create<T, Proxy>();
            var proxy = (Proxy)(object)wrapped;
            (proxy._inner, proxy._turns) = (inner, turns);
            return wrapped;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => method!.Name switch
        {
            nameof(IDatabase.ScriptEvaluateAsync) => _turns.WaitAsync(() => (Task<RedisResult>)method.Invoke(_inner, arguments)!),
            nameof(IDatabase.SortedSetAddAsync) when _turns.HoldsIndex => new TaskCompletionSource<long>().Task,
            nameof(IDatabase.SortedSetAddAsync) => _turns.WaitAsync(() => (Task<long>)method.Invoke(_inner, arguments)!),
            nameof(IDatabase.SortedSetRemoveAsync) or nameof(IDatabase.HashExistsAsync) =>
                _turns.WaitAsync(() => (Task<bool>)method.Invoke(_inner, arguments)!),
            nameof(IConnectionMultiplexer.GetDatabase) => Wrap((IDatabase)method.Invoke(_inner, arguments)!, _turns),
            _ => method.Invoke(_inner, arguments),
        };
    }
}
