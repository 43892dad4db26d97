using System.Reflection;
using System.Threading.Channels;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>
/// Controls the connection of a host. Its commands wait for their turn, and the host dies after a number of commands.
/// </summary>
internal sealed class CommandScheduler(int lives)
{
    private readonly Channel<Func<Task>> _waiting = Channel.CreateUnbounded<Func<Task>>();
    private int _left = lives;

    /// <summary>Gets whether the host has died. A dead host's commands are not executed.</summary>
    public bool IsDead => Volatile.Read(ref _left) < 0;

    /// <summary>Gets or sets whether commands run at once.</summary>
    public bool IsFree { get; set; } = true;

    /// <summary>Gets whether commands on the queue index are never answered.</summary>
    public bool HoldsIndex { get; init; }

    public bool HasNext => _waiting.Reader.Count > 0;

    /// <summary>Waits until a command is queued, or the work that queues commands has ended.</summary>
    public Task ReadyAsync(Task work) => Task.WhenAny(work, _waiting.Reader.WaitToReadAsync().AsTask());

    /// <summary>Runs the next command.</summary>
    public Task NextAsync() =>
        _waiting.Reader.TryRead(out var next) ? next() : throw new InvalidOperationException("No command is queued.");

    /// <summary>Returns a wrapper of the connection whose commands wait for their turn.</summary>
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

    private static TimeoutException Died() => new("The host has died.");

    private class Proxy : DispatchProxy
    {
        private object _inner = null!;
        private CommandScheduler _scheduler = null!;

        public static T Wrap<T>(T inner, CommandScheduler scheduler) where T : class
        {
            var wrapped = Create<T, Proxy>();
            var proxy = (Proxy)(object)wrapped;
            (proxy._inner, proxy._scheduler) = (inner, scheduler);
            return wrapped;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => method!.Name switch
        {
            nameof(IDatabase.ScriptEvaluateAsync) => _scheduler.WaitAsync(() => (Task<RedisResult>)method.Invoke(_inner, arguments)!),
            nameof(IDatabase.SortedSetAddAsync) when _scheduler.HoldsIndex => new TaskCompletionSource<long>().Task,
            nameof(IDatabase.SortedSetAddAsync) => _scheduler.WaitAsync(() => (Task<long>)method.Invoke(_inner, arguments)!),
            nameof(IDatabase.SortedSetRemoveAsync) or nameof(IDatabase.HashExistsAsync) =>
                _scheduler.WaitAsync(() => (Task<bool>)method.Invoke(_inner, arguments)!),
            nameof(IConnectionMultiplexer.GetDatabase) => Wrap((IDatabase)method.Invoke(_inner, arguments)!, _scheduler),
            _ => method.Invoke(_inner, arguments),
        };
    }
}
