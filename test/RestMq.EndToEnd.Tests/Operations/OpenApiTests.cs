using System.Text.Json;
using System.Text.RegularExpressions;

namespace RestMq.EndToEnd.Operations;

/// <summary>Tests the OpenAPI document of the sample host, and the Scalar page that shows it.</summary>
public sealed partial class OpenApiTests(MemoryHost fixture) : IClassFixture<MemoryHost>
{
    [Fact]
    public async Task OpenApi_EveryRoute_IsDescribed()
    {
        var reply = await fixture.Host.AskAsync("GET /openapi/v1.json");
        reply.Status.Should().Be(200);
        using var document = JsonDocument.Parse(reply.Body);
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Route: $"{operation.Name} {path.Name}", operation.Value))).ToArray();

        operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).Should().OnlyHaveUniqueItems();
        foreach (var (route, operation) in operations)
        {
            operation.GetProperty("summary").GetString().Should().NotBeNullOrEmpty(route);
            operation.GetProperty("responses").EnumerateObject().Should().Contain(status => status.Name[0] < '4', route);
            Names(operation, "path").Should().BeEquivalentTo(Braces().Matches(route).Select(match => match.Groups[1].Value), route);
        }
    }

    /// <summary>
    /// Compares the document with the recorded outline in openapi.txt. Clients are generated from this document, so a
    /// changed line is a change for them.
    /// </summary>
    [Fact]
    public async Task OpenApi_Outline_MatchesRecordedFile()
    {
        using var document = JsonDocument.Parse((await fixture.Host.AskAsync("GET /openapi/v1.json")).Body);
        var said = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().SelectMany(operation => Outline($"{operation.Name} {path.Name}", operation.Value)));
        said.Should().Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operations", "openapi.txt")));
    }

    [Fact]
    public async Task OpenApi_QueueRoute_DescribesFieldsBodiesAndProblems()
    {
        using var document = JsonDocument.Parse((await fixture.Host.AskAsync("GET /openapi/v1.json")).Body);
        var queue = document.RootElement.GetProperty("paths").GetProperty("/q/{queue}");

        Names(queue.GetProperty("get"), "query").Should().BeEquivalentTo("wait", "max", "lease", "format", "soft", "callback");
        Names(queue.GetProperty("post"), "header").Should().BeEquivalentTo("Idempotency-Key", "traceparent", "tracestate");
        var bodies = queue.GetProperty("post").GetProperty("requestBody").GetProperty("content");
        bodies.GetProperty("application/x-www-form-urlencoded").GetProperty("schema").GetProperty("properties").TryGetProperty("value", out _).Should().BeTrue();
        bodies.TryGetProperty("application/json", out _).Should().BeTrue();
        var responses = queue.GetProperty("post").GetProperty("responses");
        responses.GetProperty("429").GetProperty("content").TryGetProperty("application/problem+json", out _).Should().BeTrue();
        responses.GetProperty("200").GetProperty("content").GetProperty("text/plain").GetProperty("example").GetString().Should().Be("test:1");
    }

    [Fact]
    public async Task Scalar_Page_WorksOffline()
    {
        var page = await fixture.Host.AskAsync("GET /scalar/");
        page.Status.Should().Be(200);
        page.Text.Should().Contain("scalar.js").And.NotContain("https://", "the page loads nothing from other sites");
        page.Text.Should().Contain("\"agent\":{\"disabled\":true").And.Contain("\"mcp\":{\"disabled\":true").And.Contain("\"showDeveloperTools\":\"never\"");
    }

    private static IEnumerable<string> Outline(string route, JsonElement operation)
    {
        yield return $"{route}: {operation.GetProperty("operationId")}";
        foreach (var parameter in Members(operation, "parameters")) yield return $"  {parameter.GetProperty("in")} {Field(parameter.GetProperty("name").GetString(), parameter)}";
        if (operation.TryGetProperty("requestBody", out var body))
        {
            foreach (var type in body.GetProperty("content").EnumerateObject())
            {
                var fields = type.Value.GetProperty("schema").TryGetProperty("properties", out var properties)
                    ? properties.EnumerateObject().Select(field => Field(field.Name, field.Value)) : [];
                yield return string.Join(' ', ["  body", type.Name, .. fields]);
            }
        }
        foreach (var reply in operation.GetProperty("responses").EnumerateObject())
            yield return string.Join(' ', ["  ->", reply.Name, .. reply.Value.TryGetProperty("content", out var content) ? content.EnumerateObject().Select(type => type.Name) : []]);
    }

    private static string Field(string? name, JsonElement field)
    {
        var type = (field.TryGetProperty("schema", out var schema) ? schema : field).GetProperty("type");
        return $"{name}:{type}" + (field.TryGetProperty("required", out var required) && required.GetBoolean() ? "!" : "");
    }

    private static IEnumerable<JsonElement> Members(JsonElement operation, string name) =>
        operation.TryGetProperty(name, out var members) ? members.EnumerateArray() : [];

    private static IEnumerable<string?> Names(JsonElement operation, string place) =>
        Members(operation, "parameters").Where(parameter => parameter.GetProperty("in").GetString() == place).Select(parameter => parameter.GetProperty("name").GetString());

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Braces();
}
