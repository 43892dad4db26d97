using Microsoft.AspNetCore.Http;

namespace RestMq.Streams;

/// <summary>What a stream asks for when it does not say.</summary>
public sealed class LiveQueryTests
{
    [Theory]
    [InlineData("?lease=30", 1000, 10)]
    [InlineData("?lease=30", 5, 5)]
    [InlineData("?lease=30&prefetch=3", 5, 3)]
    public void A_prefetch_is_ten_or_what_the_host_allows(string query, int most, int prefetch)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);

        LiveQuery.Of(context, new RestMqOptions { MaxBatch = most }).Consumer.Prefetch.Should().Be(prefetch);
    }
}
