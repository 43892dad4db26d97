using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.AspNetCore.Hosting;

namespace RestMq.Embedding;

/// <summary>Tests that a site's own routes and those of <c>MapRestMq()</c> do not match the same requests.</summary>
public sealed class RouteConflictTests
{
    public static TheoryData<string, Action<WebApplication>> Conflicts { get; } = new()
    {
        { "GET /", app => app.MapGet("/", () => "the site's own") },
        { "GET /", app => app.MapGet("", () => "the site's own") },
        { "GET /q/{queue}", app => app.MapGet("/Q/{anything}", (string anything) => anything) },
        { "DELETE /q/{queue}/{key}", app => app.MapMethods("q/{a}/{b}/", ["DELETE", "PUT"], (string a, string b) => a + b) },
        { "GET /stats", app => app.MapGroup("/stats").MapGet("", () => "the site's own") },
        { "POST /xmlrpc", app => app.MapRestMq() },
    };

    [Theory, MemberData(nameof(Conflicts))]
    public async Task Start_SameRouteTwice_FailsAndNamesIt(string route, Action<WebApplication> map)
    {
        foreach (var first in new[] { true, false })
        {
            await using var app = Build();
            if (first) map(app);
            app.MapRestMq();
            if (!first) map(app);
            var start = () => app.StartAsync();
            (await start.Should().ThrowAsync<InvalidOperationException>()).WithMessage($"*{route}*MapRestMq(\"/mq\")*");
        }
    }

    public static TheoryData<Action<WebApplication>> Neighbours { get; } = new()
    {
        app => app.MapGet("/{page}", (string page) => page),
        app => app.MapGet("/q/{number:int}", (int number) => number),
        app => app.MapPut("/", () => "the site's own"),
        app => app.Map("/", () => "the site's own"),
        app => app.MapFallback(() => "the site's own"),
        app => app.MapGet("/", () => "the site's own").RequireHost("other.example"),
        app => app.MapGet("/", () => "the site's own").WithOrder(1),
        app => app.MapRestMq("/mq"),
    };

    [Theory, MemberData(nameof(Neighbours))]
    public async Task Start_RoutesThatRoutingTellsApart_Succeeds(Action<WebApplication> map)
    {
        await using var app = Build();
        app.MapRestMq();
        map(app);
        await app.StartAsync();
        (await app.GetTestClient().GetStringAsync("/")).Should().Contain("curl", "RestMQ answers at the root");
    }

    [Fact]
    public async Task Start_SameRouteInAPipelineBuiltAtStart_FailsAndNamesIt()
    {
        var host = new HostBuilder().ConfigureWebHost(web => web.UseTestServer().ConfigureServices(services =>
        {
            services.AddRouting();
            services.AddRestMq();
        }).Configure(app => app.UseRouting().UseEndpoints(endpoints =>
        {
            endpoints.MapRestMq();
            endpoints.MapGet("/", () => "the site's own");
        }))).Build();
        using (host)
        {
            var start = () => host.StartAsync();
            (await start.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*GET /*");
        }
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddRestMq();
        return builder.Build();
    }
}
