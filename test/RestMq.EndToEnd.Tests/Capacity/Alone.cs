namespace RestMq.EndToEnd.Capacity;

/// <summary>Defines the collection of tests that measure the machine. They run while no other test runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
