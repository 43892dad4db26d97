using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace RestMq.Http;

/// <summary>The largest body that a route takes, where the options allow more than servers do by themselves. Each handler has narrower limits.</summary>
internal sealed record SizeLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    private const int OfServers = 30_000_000;

    public static void Raise(IEndpointConventionBuilder group, long limit)
    {
        if (limit > OfServers) group.WithMetadata(new SizeLimit(limit));
    }
}
