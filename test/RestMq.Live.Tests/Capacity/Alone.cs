namespace RestMq.Live.Capacity;

/// <summary>What measures the machine runs when nothing else of ours does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
