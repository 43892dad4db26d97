using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;

namespace RestMq;

/// <summary>Writes the description of a route into an operation of an OpenAPI document.</summary>
internal static partial class OperationDescriber
{
    private static readonly string[] Forms = ["application/x-www-form-urlencoded", "multipart/form-data"];

    /// <summary>Writes a description into an operation.</summary>
    /// <param name="operation">The operation, as the document has it so far.</param>
    /// <param name="described">The description of the route.</param>
    /// <param name="endpoint">The metadata of the route, with the replies that the site declares.</param>
    /// <param name="path">The whole path of the route. Its prefix may have parameters of the site.</param>
    public static void Describe(OpenApiOperation operation, RestMqOperation described, IList<object> endpoint, string path)
    {
        operation.OperationId = described.Name;
        operation.Parameters = [.. ParametersOf(described, operation.Parameters ?? [], path)];
        operation.RequestBody = described is { Form.Count: 0, Bodies.Count: 0 } ? null : Body(described);
        operation.Responses = ResponsesOf(described, operation.Responses ?? [], endpoint);
    }

    private static IEnumerable<IOpenApiParameter> ParametersOf(RestMqOperation described, IEnumerable<IOpenApiParameter> others, string path)
    {
        var parameters = described.Parameters.Select(IOpenApiParameter (parameter) => Parameter(parameter)).ToList();
        parameters.AddRange(others.Where(other => !parameters.Exists(known => known.Name == other.Name && known.In == other.In)));
        // OpenAPI demands each parameter of a path. Those of the prefix, such as /{tenant}, are the site's.
        foreach (var name in Placeholder().Matches(path).Select(match => match.Groups[1].Value))
        {
            if (!parameters.Exists(known => known.Name == name && known.In == ParameterLocation.Path))
                parameters.Insert(0, Parameter(new RestMqParameter(name, "path", "string", "A part of the prefix of the routes.", IsRequired: true)));
        }
        return parameters;
    }

    private static OpenApiResponses ResponsesOf(RestMqOperation described, OpenApiResponses others, IList<object> endpoint)
    {
        var responses = new OpenApiResponses();
        foreach (var replies in described.Replies.GroupBy(reply => reply.Status))
        {
            responses[Text(replies.Key)] = new OpenApiResponse
            {
                Description = string.Join(' ', replies.Select(reply => reply.Description)),
                Content = replies.Where(reply => reply.ContentType is not null)
                    .ToDictionary(reply => reply.ContentType!, reply => Content(reply.ContentType!, reply.Example)),
            };
        }
        // The generator also adds a status 200 without a declaration.
        foreach (var status in endpoint.OfType<IProducesResponseTypeMetadata>().Select(declared => Text(declared.StatusCode)))
        {
            if (others.TryGetValue(status, out var declared)) responses.TryAdd(status, declared);
        }
        return responses;

        static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
    }

    private static OpenApiParameter Parameter(RestMqParameter parameter) => new()
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

    [GeneratedRegex(@"\{\*{0,2}([A-Za-z_]\w*)")]
    private static partial Regex Placeholder();
}
