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
    /// Adds <see cref="IQueueEngine"/> and <see cref="CommandDispatcher"/>. The queues are in this process's memory
    /// unless <see cref="UseRedis(RestMqBuilder, string)"/> is called. Several calls of this method are safe.
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
        services.TryAddSingleton<StartChecks>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartChecks>(static all => all.GetRequiredService<StartChecks>()));
        return new RestMqBuilder(services);
    }

    /// <summary>
    /// Adds <see cref="IQueueEngine"/> and <see cref="CommandDispatcher"/> with the options of a configuration section.
    /// The setting <c>Redis</c> is a connection string. Without it, the queues are in this process's memory.
    /// <c>KeyPrefix</c>, <c>Replicas</c> and <c>ReplicationTimeout</c> are options of <see cref="RedisStoreOptions"/>.
    /// The section <c>Queues</c> declares settings of queues, as <see cref="AddQueue"/> does. All other settings are
    /// options of <see cref="RestMqOptions"/>. Times are in seconds or as <c>hh:mm:ss</c>. A wrong or unknown setting
    /// stops the start of the application with a report of all mistakes at once.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">The section, such as <c>builder.Configuration.GetSection("RestMq")</c>.</param>
    /// <param name="others">Names of settings in the same section that belong to the application itself.</param>
    public static RestMqBuilder AddRestMq(this IServiceCollection services, IConfiguration section, params string[] others)
    {
        var settings = new RestMqSettingsReader(section, others);
        services.AddSingleton<IConfigureOptions<RestMqOptions>>(settings);
        services.AddSingleton<IValidateOptions<RestMqOptions>>(settings);
        var builder = services.AddRestMq();
        var place = RestMqSettingsReader.PathOf(section, RestMqSettingsReader.Redis);
        services.AddSingleton(new StoreSetting(place));
        if (section[RestMqSettingsReader.Redis] is { Length: > 0 } redis)
            builder.UseRedis(options => (options.Configuration, options.ConfigurationPlace) = (redis, place));
        services.AddSingleton<IConfigureOptions<RedisStoreOptions>>(settings);
        services.AddSingleton<IConfigureOptions<DeclaredQueues>>(settings);
        if (section.GetSection(RestMqSettingsReader.Queues).Exists()) builder.ApplyDeclaredQueues();
        return builder;
    }

    /// <summary>
    /// Keeps the queues in this process's memory, which is the default. The queues are lost when the process ends.
    /// </summary>
    public static RestMqBuilder UseMemory(this RestMqBuilder builder)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<IQueueStore>(NewMemoryStore));
        return builder;
    }

    /// <summary>
    /// Declares settings of a queue. They are applied when the application starts, and again after each start. While
    /// the store is away, the application tries again. Settings that are not declared stay as they are. Messages stay
    /// too. Several calls for one queue add up.
    /// </summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="name">The name of the queue.</param>
    /// <param name="configure">Sets the settings, such as <c>queue => queue.MaxReceives = 5</c>.</param>
    /// <exception cref="FormatException">The name is not a queue name.</exception>
    public static RestMqBuilder AddQueue(this RestMqBuilder builder, string name, Action<QueueDeclaration> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var queue = QueueName.Parse(name);
        builder.Services.Configure<DeclaredQueues>(queues => configure(queues.Of(queue.Value)));
        builder.ApplyDeclaredQueues();
        return builder;
    }

    /// <summary>Keeps the queues in Redis.</summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="configuration">The connection string: <c>redis://user:password@host:6379/0</c>, or that of
    /// StackExchange.Redis, such as <c>localhost:6379</c>. A null or blank text is an error when the application
    /// starts. See <see cref="RedisStoreOptions.Configuration"/>.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, string? configuration) =>
        builder.UseRedis(options => options.Configuration = configuration);

    /// <summary>
    /// Keeps the queues in Redis, over an existing connection. The application owns the connection and disposes it.
    /// </summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="connection">The connection.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, IConnectionMultiplexer connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return builder.UseRedis(options => options.ConnectionFactory = _ => Task.FromResult(connection));
    }

    /// <summary>
    /// Keeps the queues in Redis, over a connection of the container:
    /// <c>UseRedis(services => services.GetRequiredService&lt;IConnectionMultiplexer&gt;())</c>. The container owns the
    /// connection and disposes it. The function runs at the first call. While it throws, the store is away.
    /// </summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="connection">Returns the connection.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, Func<IServiceProvider, IConnectionMultiplexer> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        // The function may connect, which blocks its thread.
        return builder.UseRedis((options, services) => options.ConnectionFactory = closing => Task.Run(() => connection(services), closing));
    }

    /// <summary>Keeps the queues in Redis.</summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="configure">Sets the options of the store, such as its connection.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, Action<RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseRedis((options, _) => configure(options));
    }

    /// <summary>Keeps the queues in Redis, with options that depend on services of the application.</summary>
    /// <param name="builder">The builder that <c>AddRestMq()</c> returned.</param>
    /// <param name="configure">Sets the options of the store, such as its connection.</param>
    public static RestMqBuilder UseRedis(this RestMqBuilder builder, Action<RedisStoreOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<RedisStoreOptions>().Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisStoreOptions>, RedisStoreOptionsValidator>());
        builder.Services.Replace(ServiceDescriptor.Singleton<IQueueStore>(services => new RedisQueueStore(
            services.GetRequiredService<IOptions<RedisStoreOptions>>().Value,
            services.GetRequiredService<IOptions<RestMqOptions>>().Value.IdempotencyWindow,
            services.GetRequiredService<ILogger<RedisQueueStore>>(),
            services.GetRequiredService<QueueMetrics>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IOptions<RestMqOptions>>().Value.MaxQueues)));
        return builder;
    }

    private static void ApplyDeclaredQueues(this RestMqBuilder builder)
    {
        builder.Services.AddOptions<DeclaredQueues>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DeclaredQueues>, DeclaredQueuesValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DeclaredQueuesService>());
    }

    private static MemoryQueueStore NewMemoryStore(IServiceProvider services) => new(
        services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IOptions<RestMqOptions>>(), services.GetRequiredService<QueueMetrics>());
}
