using System.Collections.Concurrent;
using RestMq.Stores;

namespace RestMq.Memory;

/// <summary>
/// Sends wake-ups to the listeners of each queue. A listener may subscribe before its queue exists, and stays
/// subscribed after a purge.
/// </summary>
internal sealed class MemoryWakeUps
{
    private readonly ConcurrentDictionary<QueueName, Listener[]> _listeners = new();
    private readonly Lock _gate = new();

    public IAsyncDisposable Listen(QueueName queue, Action<QueueWakeUp> onWakeUp)
    {
        var listener = new Listener(this, queue, onWakeUp);
        lock (_gate) _listeners[queue] = [.. Of(queue), listener];
        return listener;
    }

    public void Tell(QueueName queue, QueueWakeUp wakeUp)
    {
        foreach (var listener in Of(queue)) listener.Tell(wakeUp);
    }

    private Listener[] Of(QueueName queue) => _listeners.TryGetValue(queue, out var listeners) ? listeners : [];

    private void Remove(QueueName queue, Listener listener)
    {
        lock (_gate)
        {
            var rest = Array.FindAll(Of(queue), other => other != listener);
            if (rest.Length > 0) _listeners[queue] = rest; else _listeners.TryRemove(queue, out _);
        }
    }

    private sealed class Listener(MemoryWakeUps wakeUps, QueueName queue, Action<QueueWakeUp> onWakeUp) : IAsyncDisposable
    {
        public void Tell(QueueWakeUp wakeUp)
        {
            try
            {
                onWakeUp(wakeUp);
            }
            catch
            {
                // A failing listener must not fail the caller that adds or settles. Wake-ups may be lost.
            }
        }

        public ValueTask DisposeAsync()
        {
            wakeUps.Remove(queue, this);
            return ValueTask.CompletedTask;
        }
    }
}
