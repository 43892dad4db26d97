using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Hosting;

namespace RestMq;

/// <summary>Adds hosted consumers to the services of an application.</summary>
public static class RestMqConsumerServiceCollectionExtensions
{
    /// <summary>
    /// Adds a hosted service that consumes a queue while the application runs. Each message gets a new
    /// <typeparamref name="THandler"/> in its own scope. The messages come from the engine of <c>AddRestMq()</c> or
    /// from the client of <c>AddRestMqClient()</c>: see <see cref="RestMqConsumerOptions.Source"/>.
    /// </summary>
    /// <typeparam name="TMessage">
    /// The type that a message is read as. <c>string</c>, <c>byte[]</c> and <c>ReadOnlyMemory&lt;byte&gt;</c> get the
    /// body unchanged. Other types are read as JSON.
    /// </typeparam>
    /// <typeparam name="THandler">
    /// The handler of the messages. It is added as a scoped service, unless the application has already registered it.
    /// </typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="queues">The queue, or several queues separated by commas. The first queue with a ready message is
    /// served.</param>
    /// <param name="configure">Configures the options, such as the concurrency.</param>
    /// <returns>The builder of the consumer's options, for example to bind them to configuration.</returns>
    /// <exception cref="InvalidOperationException">Another handler already consumes the same queues.</exception>
    public static OptionsBuilder<RestMqConsumerOptions> AddRestMqConsumer<
        TMessage, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string queues, Action<RestMqConsumerOptions>? configure = null)
        where THandler : class, IMessageHandler<TMessage> =>
        Add<TMessage, THandler>(services, queues, options => MessageReader.For<TMessage>(options.SerializerOptions), configure);

    /// <summary>
    /// Adds a hosted service that consumes a queue and reads its messages by a <c>JsonTypeInfo</c>, without reflection.
    /// </summary>
    /// <inheritdoc cref="AddRestMqConsumer{TMessage, THandler}(IServiceCollection, string, Action{RestMqConsumerOptions}?)"/>
    /// <param name="services">The application's services.</param>
    /// <param name="queues">The queue, or several queues separated by commas. The first queue with a ready message is
    /// served.</param>
    /// <param name="typeInfo">How messages are read: a property of a <c>JsonSerializerContext</c>.</param>
    /// <param name="configure">Configures the options, such as the concurrency.</param>
    public static OptionsBuilder<RestMqConsumerOptions> AddRestMqConsumer<
        TMessage, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string queues, JsonTypeInfo<TMessage> typeInfo, Action<RestMqConsumerOptions>? configure = null)
        where THandler : class, IMessageHandler<TMessage> =>
        Add<TMessage, THandler>(services, queues, _ => MessageReader.For(typeInfo), configure);

    private static OptionsBuilder<RestMqConsumerOptions> Add<
        TMessage, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        IServiceCollection services, string queues, Func<RestMqConsumerOptions, Func<SourceMessage, TMessage>> reader,
        Action<RestMqConsumerOptions>? configure)
        where THandler : class, IMessageHandler<TMessage>
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queues);
        var options = services.AddOptions<RestMqConsumerOptions>(queues).ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RestMqConsumerOptions>, RestMqConsumerOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddScoped<THandler>();

        // A second call with the same handler configures the same consumer. A second handler would compete with the
        // first for the messages, and each would get a random part of them.
        var added = services.Where(service => service.ServiceType == typeof(Registration))
            .Select(service => (Registration)service.ImplementationInstance!).FirstOrDefault(one => one.Queues == queues);
        if (added is not null && added.Handler != typeof(THandler))
        {
            throw new InvalidOperationException(
                $"'{queues}' is consumed by {added.Handler} already, so it cannot be consumed by {typeof(THandler)} "
                + "too. Register one handler.");
        }
        if (added is not null) return options;
        services.AddSingleton(new Registration(queues, typeof(THandler)));
        services.AddSingleton<IHostedService>(provider =>
        {
            var set = provider.GetRequiredService<IOptionsMonitor<RestMqConsumerOptions>>().Get(queues);
            var scopes = provider.GetRequiredService<IServiceScopeFactory>();
            var read = reader(set);
            var consumption = new ConsumerLoop(
                queues, FindSource(provider, queues, set.Source),
                (message, cancellationToken) => HandleAsync<TMessage, THandler>(scopes, read, message, cancellationToken),
                set, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ConsumerService>>());
            return new ConsumerService(consumption, provider.GetRequiredService<IHostApplicationLifetime>());
        });
        return options;
    }

    private static async Task HandleAsync<TMessage, THandler>(
        IServiceScopeFactory scopes, Func<SourceMessage, TMessage> read, SourceMessage message, CancellationToken cancellationToken)
        where THandler : class, IMessageHandler<TMessage>
    {
        var scope = scopes.CreateAsyncScope();
        await using var _ = scope.ConfigureAwait(false);
        var context = new MessageContext<TMessage>(read(message), message);
        await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(context, cancellationToken).ConfigureAwait(false);
    }

    private static IMessageSource FindSource(IServiceProvider provider, string queues, string? key)
    {
        var found = key is not null
            ? provider.GetKeyedService<IMessageSource>(key)
            : provider.GetKeyedService<IMessageSource>(MessageSourceNames.Engine)
                ?? provider.GetKeyedService<IMessageSource>(MessageSourceNames.Client);
        return found ?? throw new InvalidOperationException(key is null
            ? $"The consumer of '{queues}' must have a source of messages, but none is registered: "
                + "call AddRestMq() or AddRestMqClient()."
            : $"The consumer of '{queues}' must have the source '{key}', but no IMessageSource has this key. "
                + "Register the source or change RestMqConsumerOptions.Source.");
    }

    private sealed record Registration(string Queues, Type Handler);
}
