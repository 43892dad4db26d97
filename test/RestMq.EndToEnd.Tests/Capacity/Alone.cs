namespace RestMq.EndToEnd.Capacity;

/// <summary>
/// Defines the collection of tests that measure the machine. They run while no other test of the project runs, and
/// <c>test/run.sh</c> selects them by their trait, so that no other project runs either.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";

    /// <summary>Holds the name of the trait.</summary>
    public const string Trait = "Runs";
}
