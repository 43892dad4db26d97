namespace RestMq.Stores;

/// <summary>Verifies that the cache keeps keys in use and drops unused keys.</summary>
public sealed class RecentCacheTests
{
    private const int Generation = 100;

    private readonly RecentCache<int, string> _cache = new(Generation);

    [Fact]
    public void TryGet_OneGenerationOfKeysInUse_FindsEveryKey()
    {
        foreach (var key in Enumerable.Range(0, Generation)) _cache.Set(key, $"{key}");

        for (var round = 0; round < 5; round++)
        {
            foreach (var key in Enumerable.Range(0, Generation))
            {
                _cache.TryGet(key, out var value).Should().BeTrue("key {0} is used in round {1}", key, round);
                value.Should().Be($"{key}");
            }
        }
    }

    [Fact]
    public void TryGet_ManyOtherKeysSet_FindsOnlyKeysInUse()
    {
        _cache.Set(-1, "used");
        _cache.Set(-2, "unused");

        for (var key = 0; key < 10 * Generation; key++)
        {
            _cache.Set(key, "another");
            _cache.TryGet(-1, out var value).Should().BeTrue();
            value.Should().Be("used");
        }

        _cache.TryGet(-2, out _).Should().BeFalse();
        Enumerable.Range(0, 10 * Generation).Count(key => _cache.TryGet(key, out _))
            .Should().BeLessThan(2 * Generation, "the cache is bounded");
    }

    [Fact]
    public void Set_ExistingKey_ReplacesItsValue()
    {
        _cache.Set(1, "old");
        _cache.Set(1, "new");
        for (var key = 2; key < Generation + 10; key++) _cache.Set(key, "another");

        _cache.TryGet(1, out var value).Should().BeTrue();
        value.Should().Be("new");
    }

    [Theory, InlineData(0), InlineData(Generation)]
    public void Remove_KeyOfAnyGeneration_IsNotFound(int others)
    {
        _cache.Set(-1, "removed");
        for (var key = 0; key < others; key++) _cache.Set(key, "another");

        _cache.Remove(-1);

        _cache.TryGet(-1, out _).Should().BeFalse();
    }
}
