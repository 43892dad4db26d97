namespace RestMq;

/// <summary>
/// The tests that need Redis and share one server. A test that kills the server is in a class of its own, and starts it
/// again.
/// </summary>
[CollectionDefinition(Name)]
public sealed class RedisCollection : ICollectionFixture<RedisFixture>
{
    public const string Name = "redis";
}
