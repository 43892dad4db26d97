using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RestMq.Client;

/// <summary>
/// Tests a host behind an address that redirects, such as a proxy that sends http to https. <see cref="HttpClient"/>
/// would turn a POST into a GET, which takes a message.
/// </summary>
public sealed class RedirectTests(MemoryHost host) : IClassFixture<MemoryHost>, IAsyncLifetime
{
    private WebApplication _proxy = null!;
    private int _status = 301;

    private Uri Proxy => new(_proxy.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _proxy = builder.Build();
        _proxy.Run(context =>
        {
            context.Response.StatusCode = _status;
            context.Response.Headers.Location = $"{host.Address.ToString().TrimEnd('/')}{context.Request.Path}{context.Request.QueryString}";
            return Task.CompletedTask;
        });
        await _proxy.StartAsync();
    }

    public Task DisposeAsync() => _proxy.DisposeAsync().AsTask();

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task EveryCall_AddressRedirects_ThrowsAndChangesNothing(int status)
    {
        _status = status;
        var queue = $"{QueueHost.NextQueue()}-{status}";
        await host.Client.AddAsync(queue, "kept");
        using var services = QueueHost.Services(services => services.AddRestMqClient(options => options.BaseAddress = Proxy));
        var client = services.GetRequiredService<IRestMqClient>();

        Func<Task>[] calls =
        [
            () => client.AddAsync(queue, "x"), () => client.AddManyAsync(queue, ["x"]), () => client.TakeAsync<string>(queue),
            () => client.TakeAsync<string>(queue, TimeSpan.FromSeconds(1)), () => client.LeaseAsync<string>(queue, TimeSpan.FromSeconds(9)),
            () => client.ReleaseAsync(Receipt.Parse($"{queue}:1.1")), () => client.ExtendAsync(Receipt.Parse($"{queue}:1.1"), TimeSpan.FromSeconds(9)),
            () => client.BuryAsync(Receipt.Parse($"{queue}:1.1"), "x"), () => client.AckAsync(Receipt.Parse($"{queue}:1.1")), () => client.PeekHeadAsync<string>(queue),
            () => client.DeleteQueueAsync(queue), () => client.PauseAsync(queue),
        ];
        foreach (var call in calls)
        {
            (await call.Should().ThrowAsync<RestMqClientException>().WithMessage($"*redirect*{host.Address}*")).Which.Status.Should().Be(status);
        }
        (await host.Client.StatsAsync(queue)).Should().BeEquivalentTo(new { Ready = 1, TotalAdded = 1, Settings = new { Stopped = false } });
    }

    [Fact]
    public async Task Add_OwnHttpClientFollowsRedirects_Throws()
    {
        using var http = new HttpClient { BaseAddress = Proxy };
        await new RestMqClient(http).Awaiting(client => client.AddAsync(QueueHost.NextQueue(), "x"))
            .Should().ThrowAsync<RestMqClientException>().WithMessage("*the POST became a GET*");
    }
}
