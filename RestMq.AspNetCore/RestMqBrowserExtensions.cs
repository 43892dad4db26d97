using Microsoft.AspNetCore.Builder;
using RestMq.Access;

namespace RestMq;

/// <summary>
/// Allows requests that browsers send for pages of other sites. Without these calls RestMQ refuses them with 403, for
/// every role. Clients other than browsers are not affected.
/// </summary>
public static class RestMqBrowserExtensions
{
    /// <summary>
    /// Allows pages of other origins to send requests. The roles of the caller are checked as for any request. To let
    /// these pages read the replies too, add the framework's CORS with the same origins.
    /// </summary>
    /// <remarks>
    /// Callers that may administer because they are on this machine may still not do so for another origin's page.
    /// </remarks>
    /// <param name="builder">The group that <c>MapRestMq()</c> returned.</param>
    /// <param name="origins">The origins, such as <c>https://shop.example</c>; <c>*</c> for all.</param>
    /// <exception cref="ArgumentException">An origin is not an origin, such as a URL with a path.</exception>
    public static TBuilder AllowOrigins<TBuilder>(this TBuilder builder, params string[] origins) where TBuilder : IEndpointConventionBuilder
    {
        foreach (var origin in origins)
        {
            if (origin != "*" && !(Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.GetLeftPart(UriPartial.Authority) == origin))
            {
                throw new ArgumentException(
                    $"An origin must be a scheme and a host without a path, such as https://shop.example, but was '{origin}'.",
                    nameof(origins));
            }
        }
        var allowed = new AllowedOrigins(origins);
        builder.Add(endpoint => endpoint.Metadata.Add(allowed));
        return builder;
    }

    /// <summary>
    /// Allows JSONP: a request with the field <c>callback</c> gets a script that calls the function of that name. Every
    /// page that a user opens can then add, take and read with the rights of the user's browser on this host. Without
    /// this call, a request with <c>callback</c> gets 403.
    /// </summary>
    /// <param name="builder">The group that <c>MapRestMq()</c> returned.</param>
    public static TBuilder AllowJsonp<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new AllowedJsonp()));
        return builder;
    }
}
