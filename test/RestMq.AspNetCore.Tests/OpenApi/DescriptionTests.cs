using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace RestMq.OpenApi;

/// <summary>Every route says what it takes and answers.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public void Every_route_is_described_under_any_prefix()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRestMq();
        using var app = builder.Build();
        app.MapRestMq();
        app.MapRestMq("/mq");

        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToArray();

        routes.Should().HaveCountGreaterThan(40);
        foreach (var route in routes)
        {
            var described = route.Metadata.GetRequiredMetadata<RestMqOperation>();
            described.Parameters.Where(parameter => parameter.In == "path").Select(parameter => parameter.Name)
                .Should().BeEquivalentTo(route.RoutePattern.Parameters.Select(parameter => parameter.Name), route.DisplayName);
            described.Replies.Should().Contain(reply => reply.Status < 300, route.DisplayName);
            described.Replies.Select(reply => reply.Status).Should().BeInAscendingOrder(route.DisplayName);
        }
        routes.GroupBy(route => route.Metadata.GetRequiredMetadata<RestMqOperation>().Name).Should().OnlyContain(of => of.Count() == 2, "a name is of one route, twice mapped");
    }
}
