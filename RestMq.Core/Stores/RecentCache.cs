using System.Collections.Concurrent;

namespace RestMq.Stores;

/// <summary>
/// Caches the values of recently used keys. The cache has two generations of at most <paramref name="generation"/>
/// entries each. A use moves an entry to the young generation. When the young generation is full, it becomes the old
/// generation, and the previous old generation is dropped. So up to <paramref name="generation"/> keys in use are never
/// dropped.
/// </summary>
/// <param name="generation">The size of a generation, in entries.</param>
internal sealed class RecentCache<TKey, TValue>(int generation) where TKey : notnull
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<TKey, TValue> _young = new();
    private volatile ConcurrentDictionary<TKey, TValue> _old = new();
    private int _count; // The size of _young. ConcurrentDictionary.Count takes all of the dictionary's locks.

    /// <summary>Finds the value of a key and records the use.</summary>
    public bool TryGet(TKey key, out TValue value)
    {
        if (_young.TryGetValue(key, out value!)) return true;
        if (!_old.TryGetValue(key, out value!)) return false;
        // Keeps a value that was set meanwhile.
        Add(key, value, replace: false);
        return true;
    }

    /// <summary>Sets the value of a key.</summary>
    public void Set(TKey key, TValue value) => Add(key, value, replace: true);

    /// <summary>Removes a key.</summary>
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
