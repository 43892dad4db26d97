namespace RestMq.Stores;

/// <summary>
/// The order of queue names: that of their UTF-8 bytes, as Redis sorts them. It differs from the ordinal order of
/// strings, which compares UTF-16, only in characters beyond U+FFFF: they come last.
/// </summary>
internal sealed class NameOrder : IComparer<QueueName>
{
    public static readonly NameOrder Instance = new();

    public int Compare(QueueName? x, QueueName? y)
    {
        var (one, other) = (x!.Value, y!.Value);
        var at = one.AsSpan().CommonPrefixLength(other);
        if (at == one.Length || at == other.Length) return one.Length - other.Length;
        return (char.IsSurrogate(one[at]), char.IsSurrogate(other[at])) switch
        {
            (true, false) => 1,
            (false, true) => -1,
            _ => one[at] - other[at],
        };
    }
}
