using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace RestMq.OpenApi;

/// <summary>Tests that every route describes its parameters and its replies.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public void OpenApi_AnyPrefix_DescribesEveryRoute()
    {
        using var app = Site();
        app.MapRestMq();
        app.MapRestMq("/mq");

        var routes = Routes(app);

        routes.Should().HaveCountGreaterThan(40);
        foreach (var route in routes)
        {
            var described = route.Metadata.GetRequiredMetadata<RestMqOperation>();
            described.Parameters.Where(parameter => parameter.In == "path").Select(parameter => parameter.Name)
                .Should().BeEquivalentTo(route.RoutePattern.Parameters.Select(parameter => parameter.Name), route.DisplayName);
            described.Replies.Should().Contain(reply => reply.Status < 400, route.DisplayName);
            described.Replies.Select(reply => reply.Status).Should().BeInAscendingOrder(route.DisplayName);
        }
    }

    [Fact]
    public void OpenApi_MappedRepeatedly_NamesAreUniqueAndStable()
    {
        static string[] Names(Action<WebApplication> map)
        {
            using var app = Site();
            map(app);
            return [.. Routes(app).Select(route => route.Metadata.GetRequiredMetadata<RestMqOperation>().Name)];
        }
        var once = Names(app => app.MapRestMq());
        once.Should().OnlyHaveUniqueItems().And.Contain(["takeMessage", "addByField", "command", "queueCommand"]);
        var often = Names(app =>
        {
            app.MapRestMq();
            app.MapRestMq("/mq");
            app.MapRestMq("/mq/{tenant}/");
            app.MapGroup("/v1").MapRestMq("/mq");
            app.MapGroup("/v2").MapRestMq();
        });
        often.Should().HaveCount(5 * once.Length).And.OnlyHaveUniqueItems();
        often.Should().Contain(once).And.Contain(["mqTakeMessage", "mqAddByField", "mqTenantTakeMessage", "v1MqTakeMessage", "v2AddByField"]);
        often.Should().Contain(Names(app => app.MapRestMq("/mq")));
    }

    private static WebApplication Site()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRestMq();
        return builder.Build();
    }

    private static RouteEndpoint[] Routes(IEndpointRouteBuilder app) => [.. app.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
}
