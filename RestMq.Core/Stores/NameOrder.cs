namespace RestMq.Stores;

/// <summary>
/// Compares queue names by their UTF-8 bytes, as Redis does. This order differs from the ordinal order of .NET strings,
/// which compares UTF-16, only in characters beyond U+FFFF: they come last.
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
