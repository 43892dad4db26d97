using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Delivery;
using RestMq.Engine;
using RestMq.Memory;
using RestMq.Redis;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq;

/// <summary>Adds RestMQ to an application.</summary>
public static class RestMqServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IQueueEngine"/> and <see cref="CommandDispatcher"/>, with the queues in this process's memory
    /// unless
    /// <see cref="UseRedis(RestMqBuilder, string)"/> is called. It may be called several times.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets limits and times.</param>
    public static RestMqBuilder AddRestMq(this IServiceCollection services, Action<RestMqOptions>? configure = null)
    {
        services.AddOptions<RestMqOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RestMqOptions>, RestMqOptionsValidator>());
        if (configure is not null) services.Configure(configure);

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IQueueStore>(NewMemoryStore);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeliveryPolicy, BroadcastPolicy>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeliveryPolicy, RoundRobinPolicy>());
        services.TryAddSingleton<DeliveryPolicies>();
        services.TryAddSingleton<QueueMetrics>();
        services.TryAddSingleton<IQueueEngine, QueueEngine>();
        services.TryAddSingleton<CommandDispatcher>();
        services.TryAddKeyedSingleton<IMessageSource, EngineMessageSource>(MessageSourceNames.Engine);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StoreAnnouncement>());
        return new RestMqBuilder(services);
    }

    /// <summary>
    /// The same with the options of a section of the configuration. Its setting <c>Redis</c> is a connection string,
    /// without which the queues are in this process's memory. <c>KeyPrefix</c>, <c>Replicas</c> and
    /// <c>ReplicationTimeout</c> are options of <see cref="RedisStoreOptions"/>, the others of
    /// <see cref="RestMqOptions"/>; times are in seconds or as <c>hh:mm:ss</c>. All settings that are wrong or unknown
    /// end the start, and are told at once.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">The section, such as <c>builder.Configuration.GetSection("RestMq")</c>.</param>
    /// <param name="others">Settings of the same section that are the application's own.</param>
    public static RestMqBuilder AddRestMq(this IServiceCollection services, IConfiguration section, params string[] others)
    {
        var settings = new RestMqSettings(section, others);
        services.AddSingleton<IConfigureOptions<RestMqOptions>>(settings);
        services.AddSingleton<IValidateOptions<RestMqOptions>>(settings);
        var builder = services.AddRestMq();
        if (section[RestMqSettings.Redis] is { Length: > 0 } redis) builder.UseRedis(redis);
        services.AddSingleton<IConfigureOptions<RedisStoreOptions>>(settings);
        return builder;
    }

    /// <summary>
    /// Keeps the queues in this process's memory: they live as long as it does. This is what <c>AddRestMq()</c> does by
    /// itself.
    /// </summary>
    public static RestMqBuilder UseMemory(this RestMqBuilder builder)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<IQueueStore>(NewMemoryStore));
        return builder;
    }

    /// <summary>Keeps the queues in Redis.</summary>
    /// <param name="builder">What <c>AddRestMq()</c> returned.</param>
    /// <param name="configuration">A StackExchange.Redis connection string, such as <c>localhost:6379</c>.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, string configuration) =>
        builder.UseRedis(options => options.Configuration = configuration);

    /// <summary>
    /// Keeps the queues in Redis, over a connection that the application has already and goes on to own.
    /// </summary>
    /// <param name="builder">What <c>AddRestMq()</c> returned.</param>
    /// <param name="connection">The connection.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, IConnectionMultiplexer connection) =>
        builder.UseRedis(options => options.ConnectionFactory = _ => Task.FromResult(connection));

    /// <summary>Keeps the queues in Redis.</summary>
    /// <param name="builder">What <c>AddRestMq()</c> returned.</param>
    /// <param name="configure">Says where it is.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, Action<RedisStoreOptions> configure)
    {
        builder.Services.AddOptions<RedisStoreOptions>().Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisStoreOptions>, RedisStoreOptionsValidator>());
        builder.Services.Replace(ServiceDescriptor.Singleton<IQueueStore>(services => new RedisQueueStore(
            services.GetRequiredService<IOptions<RedisStoreOptions>>().Value,
            services.GetRequiredService<IOptions<RestMqOptions>>().Value.IdempotencyWindow,
            services.GetRequiredService<ILogger<RedisQueueStore>>(),
            services.GetRequiredService<QueueMetrics>(),
            services.GetRequiredService<TimeProvider>())));
        return builder;
    }

    private static MemoryQueueStore NewMemoryStore(IServiceProvider services) => new(
        services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IOptions<RestMqOptions>>(), services.GetRequiredService<QueueMetrics>());
}
