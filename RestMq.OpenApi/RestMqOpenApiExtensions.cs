using Microsoft.AspNetCore.OpenApi;

namespace RestMq;

/// <summary>Describes RestMQ's routes in the OpenAPI document of a site.</summary>
public static class RestMqOpenApiExtensions
{
    /// <summary>
    /// Adds the parameters, bodies and replies of every route of <c>MapRestMq()</c> to the document, under any prefix.
    /// The title of the document and the operations of the site stay as they are. Parameters and replies that the site
    /// declares for the routes are kept, such as those of <c>MapRestMq().ProducesProblem(402)</c>.
    /// </summary>
    /// <param name="options">The options of the document: <c>AddOpenApi(options => options.AddRestMq())</c>.</param>
    /// <returns>The same options.</returns>
    public static OpenApiOptions AddRestMq(this OpenApiOptions options) => options.AddOperationTransformer(static (operation, context, _) =>
    {
        var endpoint = context.Description.ActionDescriptor.EndpointMetadata;
        if (endpoint.OfType<RestMqOperation>().FirstOrDefault() is { } described)
            OperationDescriber.Describe(operation, described, endpoint, context.Description.RelativePath ?? "");
        return Task.CompletedTask;
    });
}
