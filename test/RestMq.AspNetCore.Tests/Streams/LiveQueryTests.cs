using Microsoft.AspNetCore.Http;

namespace RestMq.Streams;

/// <summary>Tests the default values of a stream's query.</summary>
public sealed class LiveQueryTests
{
    [Theory]
    [InlineData("?lease=30", 1000, 10)]
    [InlineData("?lease=30", 5, 5)]
    [InlineData("?lease=30&prefetch=3", 5, 3)]
    public void Of_WithOrWithoutPrefetch_IsTenOrMaxBatch(string query, int most, int prefetch)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);

        LiveQuery.Of(context, new RestMqOptions { MaxBatch = most }).Consumer.Prefetch.Should().Be(prefetch);
    }
}
