using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RestMq;

/// <summary>Runs the contract over HTTP with the client, in real time.</summary>
public sealed class HttpConsumerTests : ConsumerContract
{
    protected override Hosts Hosts { get; } = new HttpHosts();

    protected override bool ReturnsUncounted => false;
}

/// <summary>
/// Starts hosts whose queues are on another site. Its engine is registered for the test's checks only, not as a source.
/// </summary>
public sealed class HttpHosts : Hosts
{
    private WebApplication? _site;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_site is not null) await _site.DisposeAsync();
    }

    protected override async Task AddStoreAsync(IServiceCollection services)
    {
        _site ??= await StartSiteAsync();
        services.AddSingleton(_site.Services.GetRequiredService<IQueueEngine>());
        services.AddRestMqClient(options => options.BaseAddress = new Uri(_site.Urls.Single()));
    }

    private static async Task<WebApplication> StartSiteAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging(logging => logging.ClearProviders()).AddRestMq();
        var site = builder.Build();
        site.MapRestMq();
        await site.StartAsync();
        return site;
    }
}
