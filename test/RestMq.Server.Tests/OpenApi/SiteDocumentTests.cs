using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Server.OpenApi;

/// <summary>Tests RestMQ's routes in the OpenAPI document of a site that has other routes too.</summary>
public sealed class SiteDocumentTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("/mq", "")]
    [InlineData("/{tenant}/mq", "tenant")]
    public async Task AddRestMq_AnyPrefix_DescribesEveryRoute(string prefix, string ofPrefix)
    {
        await using var site = await StartAsync(app => app.MapRestMq(prefix));

        var operations = OperationsOf(await DocumentAsync(site));

        var routes = site.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            // Generators leave out endpoints without a method, such as the same route by HEAD.
            .Where(route => route.Metadata.GetMetadata<MethodInfo>() is not null && route.Metadata.GetMetadata<RestMqOperation>() is not null).ToArray();
        routes.Should().HaveCountGreaterThan(20);
        foreach (var described in routes.Select(route => route.Metadata.GetRequiredMetadata<RestMqOperation>()))
        {
            var operation = operations.Should().ContainKey(described.Name).WhoseValue;
            Parameters(operation).Should().BeEquivalentTo(
                [.. described.Parameters.Select(parameter => $"{parameter.In} {parameter.Name}"), .. ofPrefix.Length == 0 ? Array.Empty<string>() : [$"path {ofPrefix}"]], described.Name);
            Statuses(operation).Should().BeEquivalentTo(described.Replies.Select(reply => $"{reply.Status}").Distinct(), described.Name);
            operation.TryGetProperty("requestBody", out var body).Should().Be(described is not { Form.Count: 0, Bodies.Count: 0 }, described.Name);
            if (described.Bodies.Count > 0) Names(body.GetProperty("content")).Should().Contain(described.Bodies.Keys, described.Name);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddRestMq_SiteWithTitle_KeepsTitleAndOperationsOfSite(bool isFirst)
    {
        await using var site = await StartAsync(
            app => app.MapRestMq("/mq"),
            options =>
            {
                if (isFirst) options.AddRestMq();
                options.AddDocumentTransformer((document, _, _) =>
                {
                    document.Info.Title = "The shop";
                    return Task.CompletedTask;
                });
                if (!isFirst) options.AddRestMq();
            });

        var document = await DocumentAsync(site);

        document.GetProperty("info").GetProperty("title").GetString().Should().Be("The shop");
        var own = document.GetProperty("paths").GetProperty("/orders/{id}").GetProperty("get");
        Parameters(own).Should().BeEquivalentTo("path id");
        Statuses(own).Should().BeEquivalentTo("200");
    }

    [Fact]
    public async Task AddRestMq_SiteWithoutTitle_KeepsDefaultTitle()
    {
        await using var plain = await StartAsync(_ => { }, _ => { });
        await using var site = await StartAsync(app => app.MapRestMq());

        (await DocumentAsync(site)).GetProperty("info").GetRawText().Should().Be((await DocumentAsync(plain)).GetProperty("info").GetRawText());
    }

    [Fact]
    public async Task AddRestMq_RepliesOfSite_AreKept()
    {
        await using var site = await StartAsync(app =>
        {
            var routes = app.MapRestMq();
            routes.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status402PaymentRequired, typeof(void)));
        });

        var operation = OperationsOf(await DocumentAsync(site))["purgeQueue"];

        Statuses(operation).Should().Contain("402").And.NotContain("201");
    }

    private static Task<Site> StartAsync(Action<WebApplication> map, Action<OpenApiOptions>? configure = null) => Site.StartAsync(
        app =>
        {
            app.MapGet("/orders/{id}", (int id) => TypedResults.Ok(id));
            map(app);
            app.MapOpenApi();
        },
        builder => builder.Services.AddOpenApi(configure ?? (options => options.AddRestMq())));

    private static Task<JsonElement> DocumentAsync(Site site) => site.SendAsync("GET /openapi/v1.json").IsAsync(HttpStatusCode.OK);

    private static Dictionary<string, JsonElement> OperationsOf(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value)
            .Where(operation => operation.TryGetProperty("operationId", out _))
            .ToDictionary(operation => operation.GetProperty("operationId").GetString()!);

    private static string[] Parameters(JsonElement operation) => operation.TryGetProperty("parameters", out var parameters)
        ? [.. parameters.EnumerateArray().Select(parameter => $"{parameter.GetProperty("in")} {parameter.GetProperty("name")}")] : [];

    private static string[] Statuses(JsonElement operation) => Names(operation.GetProperty("responses"));

    private static string[] Names(JsonElement members) => [.. members.EnumerateObject().Select(member => member.Name)];
}
