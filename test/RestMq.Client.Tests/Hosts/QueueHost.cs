using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RestMq.Client.Hosts;

/// <summary>
/// Runs RestMQ on Kestrel with its own port, and clients for it. A test can simulate network faults on requests.
/// </summary>
public abstract class QueueHost(bool onRedis) : IAsyncLifetime
{
    private static int _queues;

    private readonly ConcurrentDictionary<HttpContext, bool> _streams = new();
    private readonly RedisFixture _redis = new();
    private ServiceProvider? _services;
    private WebApplication _site = null!;

    public Uri Address { get; private set; } = null!;

    /// <summary>Gets the client as an application receives it.</summary>
    public IRestMqClient Client => _services!.GetRequiredService<IRestMqClient>();

    /// <summary>Gets the client as the source of messages that hosted consumers receive.</summary>
    public IMessageSource Source => _services!.GetRequiredKeyedService<IMessageSource>(MessageSourceNames.Client);

    public IQueueEngine Engine => _site.Services.GetRequiredService<IQueueEngine>();

    /// <summary>Gets a plain HTTP client, for requests as curl sends them.</summary>
    public HttpClient Curl { get; private set; } = null!;

    /// <summary>Gets the methods, paths and queries of the requests so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>
    /// Gets or sets which requests lose their reply. The host serves such a request and then cuts the connection.
    /// </summary>
    public Func<HttpRequest, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>
    /// Gets or sets the status that is returned without serving a request, as a stopping host or a proxy does. Null
    /// serves the request.
    /// </summary>
    public Func<HttpRequest, int?> Refuses { get; set; } = _ => null;

    public async Task InitializeAsync()
    {
        if (onRedis) await _redis.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var restMq = builder.Services.AddRestMq();
        if (onRedis) restMq.UseRedis(_redis.Patient);
        _site = builder.Build();
        _site.Use(ServeAsync);
        _site.MapRestMq("/mq");
        await _site.StartAsync();
        var port = new Uri(_site.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Address = new Uri(port, "mq");
        Curl = new HttpClient { BaseAddress = new Uri(port, "mq/") };
        _services = Services(services => services.AddRestMqClient(options => options.BaseAddress = Address));
    }

    public static ServiceProvider Services(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    /// <summary>Returns the name of a queue that no other test uses.</summary>
    public static string NextQueue([CallerMemberName] string test = "") => $"{test}-{Interlocked.Increment(ref _queues)}";

    public Task HasConsumersAsync(string queue, int count) =>
        Deadline.Until(async () => (await Engine.StatsAsync(QueueName.Parse(queue))).Consumers == count, $"{queue} has {count} consumers");

    /// <summary>Cuts every live stream, like a network failure.</summary>
    public void CutStreams()
    {
        foreach (var stream in _streams.Keys) stream.Abort();
    }

    public async Task DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        Curl.Dispose();
        await _site.DisposeAsync();
        if (onRedis) await _redis.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        if (Refuses(context.Request) is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }
        if (LosesAnswer(context.Request))
        {
            context.Response.Body = new MemoryStream();
            await next(context);
            context.Abort();
            return;
        }
        var isStream = context.Request.Path.StartsWithSegments("/mq/c");
        if (isStream) _streams[context] = true;
        try
        {
            await next(context);
        }
        finally
        {
            _streams.TryRemove(context, out _);
        }
    }
}

public sealed class MemoryHost() : QueueHost(onRedis: false);

public sealed class RedisHost() : QueueHost(onRedis: true);
