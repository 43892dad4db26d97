using System.Collections.Concurrent;

namespace RestMq.Stores;

/// <summary>
/// Keeps the values of keys that were used lately. There are two generations of at most <paramref name="generation"/>
/// entries each: a use moves an entry to the young one, and when that is full, the old one is dropped. So as many keys
/// as a generation holds are never forgotten while they are in use.
/// </summary>
/// <param name="generation">The size of a generation, in entries.</param>
internal sealed class RecentCache<TKey, TValue>(int generation) where TKey : notnull
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<TKey, TValue> _young = new();
    private volatile ConcurrentDictionary<TKey, TValue> _old = new();
    private int _count; // Of the young ones: a ConcurrentDictionary counts itself under all of its locks.

    /// <summary>Finds the value of a key, and notes the use.</summary>
    public bool TryGet(TKey key, out TValue value)
    {
        if (_young.TryGetValue(key, out value!)) return true;
        if (!_old.TryGetValue(key, out value!)) return false;
        // A value that was set meanwhile stays.
        Add(key, value, replace: false);
        return true;
    }

    /// <summary>Sets the value of a key.</summary>
    public void Set(TKey key, TValue value) => Add(key, value, replace: true);

    /// <summary>Forgets a key.</summary>
    public void Remove(TKey key)
    {
        lock (_lock)
        {
            if (_young.TryRemove(key, out _)) _count--;
            _old.TryRemove(key, out _);
        }
    }

    private void Add(TKey key, TValue value, bool replace)
    {
        lock (_lock)
        {
            if (!_young.TryAdd(key, value))
            {
                if (replace) _young[key] = value;
                return;
            }
            if (++_count < generation) return;
            (_old, _young, _count) = (_young, new ConcurrentDictionary<TKey, TValue>(), 0);
        }
    }
}
