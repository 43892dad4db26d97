using Microsoft.AspNetCore.Http.Metadata;

namespace RestMq.Http;

/// <summary>The largest body that a route may need, whatever the server's own limit is; each handler has narrower ones.</summary>
internal sealed record SizeLimit(long Bytes) : IRequestSizeLimitMetadata
{
    public long? MaxRequestBodySize => Bytes;
}
