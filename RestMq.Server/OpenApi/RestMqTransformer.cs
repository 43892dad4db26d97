using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace RestMq.Server.OpenApi;

/// <summary>Adds the descriptions of RestMQ's routes to an OpenAPI document.</summary>
internal static class RestMqTransformer
{
    private static readonly string[] Forms = ["application/x-www-form-urlencoded", "multipart/form-data"];

    public static void AddRestMq(this OpenApiOptions options)
    {
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "RestMQ", Version = "1", Description = "The queue you can curl." };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static (operation, context, _) =>
        {
            var described = context.Description.ActionDescriptor.EndpointMetadata.OfType<RestMqOperation>().FirstOrDefault();
            if (described is not null) Describe(operation, described);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, RestMqOperation described)
    {
        operation.OperationId = described.Name;
        operation.Parameters = [.. described.Parameters.Select(Parameter)];
        operation.RequestBody = described is { Form.Count: 0, Bodies.Count: 0 } ? null : Body(described);
        operation.Responses = [];
        foreach (var replies in described.Replies.GroupBy(reply => reply.Status))
        {
            operation.Responses[$"{replies.Key}"] = new OpenApiResponse
            {
                Description = string.Join(' ', replies.Select(reply => reply.Description)),
                Content = replies.Where(reply => reply.ContentType is not null)
                    .ToDictionary(reply => reply.ContentType!, reply => Content(reply.ContentType!, reply.Example)),
            };
        }
    }

    private static IOpenApiParameter Parameter(RestMqParameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = parameter.In switch { "path" => ParameterLocation.Path, "header" => ParameterLocation.Header, _ => ParameterLocation.Query },
        Required = parameter.IsRequired,
        Description = parameter.Description,
        Schema = Schema(parameter),
    };

    private static OpenApiRequestBody Body(RestMqOperation described)
    {
        var body = new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType>() };
        foreach (var (type, example) in described.Bodies) body.Content[type] = Content(type, example);
        if (described.Form.Count == 0) return body;
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = described.Form.ToDictionary(field => field.Name, IOpenApiSchema (field) => Schema(field)),
            Required = described.Form.Where(field => field.IsRequired).Select(field => field.Name).ToHashSet(),
        };
        foreach (var type in Forms) body.Content[type] = new OpenApiMediaType { Schema = form };
        return body;
    }

    private static OpenApiMediaType Content(string type, string? example)
    {
        var isJson = type is "application/json" or "application/problem+json";
        return new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = isJson ? null : JsonSchemaType.String },
            Example = string.IsNullOrEmpty(example) ? null : isJson ? JsonNode.Parse(example) : JsonValue.Create(example),
        };
    }

    private static OpenApiSchema Schema(RestMqParameter parameter) => new()
    {
        Description = parameter.In == "form" ? parameter.Description : null,
        Type = parameter.Type switch { "integer" => JsonSchemaType.Integer, "number" => JsonSchemaType.Number, _ => JsonSchemaType.String },
    };
}
