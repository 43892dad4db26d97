namespace RestMq.Redis.Topologies;

/// <summary>
/// Runs tests that each start several servers one after another. They measure times in seconds, which the load of
/// another test would distort.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TopologyCollection
{
    public const string Name = "topologies";
}
