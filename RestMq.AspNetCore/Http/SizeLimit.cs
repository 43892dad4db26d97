using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace RestMq.Http;

/// <summary>
/// Raises the largest body of a route when the options allow more than the server's default. Each handler checks its
/// own, narrower limit.
/// </summary>
internal sealed record SizeLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    // Bytes: the default of Kestrel and IIS.
    private const int OfServers = 30_000_000;

    public static void Raise(IEndpointConventionBuilder group, RestMqOptions options)
    {
        var limit = ContentEncodings.EncodedLimit(Math.Max(AddRequests.FormLimit(options), options.MaxBatchBytes));
        if (limit > OfServers) group.WithMetadata(new SizeLimit(limit));
    }
}
