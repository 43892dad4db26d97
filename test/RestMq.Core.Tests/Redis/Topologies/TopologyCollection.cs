namespace RestMq.Redis.Topologies;

/// <summary>
/// Runs tests that each start several servers one after another. They measure times in seconds, which the load of
/// another test would distort. <c>test/run.sh</c> selects them by their trait, so that no other project runs either.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TopologyCollection
{
    public const string Name = "topologies";
}
