namespace RestMq.Redis.Topologies;

/// <summary>
/// Tests that start several servers each run one after another: what they measure in seconds must not be another
/// test's load.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TopologyCollection
{
    public const string Name = "topologies";
}
