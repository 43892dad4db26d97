using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Client;
using RestMq.Client.Http;

namespace RestMq;

/// <summary>Adds RestMQ clients to the services of an application.</summary>
public static class RestMqClientServiceCollectionExtensions
{
    private const string HttpName = "RestMq.Client";

    /// <summary>
    /// Adds <see cref="IRestMqClient"/> as a singleton, and a source of hosted consumers. A second call configures the
    /// same client.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Configures the options, such as the address of the host.</param>
    /// <returns>
    /// The builder of the client's <see cref="HttpClient"/>, for handlers, credentials and retries. Its settings hold
    /// for waits and streams too. Only resilience handlers are left out there, because their timeouts would end a wait
    /// or a stream too early. If a handler of the application cuts a wait, the client waits on.
    /// </returns>
    /// <exception cref="OptionsValidationException">
    /// Thrown when the application starts, or when it creates the client: the base address is missing or is no absolute
    /// http or https URL.
    /// </exception>
    public static IHttpClientBuilder AddRestMqClient(this IServiceCollection services, Action<RestMqClientOptions>? configure = null)
    {
        services.TryAddSingleton<IRestMqClient>(provider => Create(provider, Options.DefaultName));
        services.TryAddKeyedSingleton<IMessageSource>(
            MessageSourceNames.Client, static (provider, _) => new ClientMessageSource(provider.GetRequiredService<IRestMqClient>()));
        return AddHttp(services, Options.DefaultName, configure);
    }

    /// <summary>
    /// Adds a named client, for use as <c>[FromKeyedServices(name)] IRestMqClient</c>. The name is also the key of a
    /// source of hosted consumers.
    /// </summary>
    /// <inheritdoc cref="AddRestMqClient(IServiceCollection, Action{RestMqClientOptions}?)"/>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The key of the client, and the name of its <see cref="RestMqClientOptions"/>.</param>
    /// <param name="configure">Configures the options, such as the address of the host.</param>
    public static IHttpClientBuilder AddRestMqClient(this IServiceCollection services, string name, Action<RestMqClientOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.TryAddKeyedSingleton<IRestMqClient>(name, static (provider, key) => Create(provider, (string)key!));
        services.TryAddKeyedSingleton<IMessageSource>(
            name, static (provider, key) => new ClientMessageSource(provider.GetRequiredKeyedService<IRestMqClient>(key)));
        return AddHttp(services, name, configure);
    }

    private static IHttpClientBuilder AddHttp(IServiceCollection services, string name, Action<RestMqClientOptions>? configure)
    {
        services.AddOptions<RestMqClientOptions>(name).ValidateOnStart();
        services.AddOptions<ClientAddress>(name).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RestMqClientOptions>, RestMqClientOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<ClientAddress>, ClientAddressSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClientAddress>, ClientAddressValidator>());
        if (configure is not null) services.Configure(name, configure);
        // After the application's own configuration of the handler.
        services.AddOptions<HttpClientFactoryOptions>(Http(name)).PostConfigure<IServiceProvider>((http, provider) =>
            http.HttpMessageHandlerBuilderActions.Add(builder =>
            {
                RefuseRedirects(builder.PrimaryHandler);
                var options = provider.GetRequiredService<IOptionsMonitor<RestMqClientOptions>>().Get(name);
                if (!options.RetryFullQueues) builder.AdditionalHandlers.Add(new FullQueueHandler());
            }));
        AddPatientHttp(services, name);
        return services.AddHttpClient(Http(name), (provider, http) =>
        {
            var options = provider.GetRequiredService<IOptionsMonitor<RestMqClientOptions>>().Get(name);
            if (options.BaseAddress is { } address) http.BaseAddress = address;
        });
    }

    // HttpClient turns a POST that is redirected into a GET, and a GET of a queue takes a message. So a redirect is an
    // error that names the right address.
    private static void RefuseRedirects(HttpMessageHandler handler)
    {
        try
        {
            if (handler is SocketsHttpHandler { AllowAutoRedirect: true } sockets) sockets.AllowAutoRedirect = false;
            if (handler is HttpClientHandler { AllowAutoRedirect: true } client) client.AllowAutoRedirect = false;
        }
        catch (InvalidOperationException)
        {
            // The application shares a handler that is in use already. RestMqClient then detects the redirect itself.
        }
    }

    /// <summary>
    /// Adds the <see cref="HttpClient"/> for waits and streams. It has the settings of the client for other requests,
    /// but no timeout and no resilience handlers. These handlers are recognised by their names, because this library does
    /// not reference their packages, Microsoft.Extensions.Http.Resilience and Microsoft.Extensions.Http.Polly.
    /// </summary>
    private static void AddPatientHttp(IServiceCollection services, string name) =>
        services.AddOptions<HttpClientFactoryOptions>(Patient(name)).PostConfigure<IServiceProvider>((patient, provider) =>
        {
            var http = provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(Http(name));
            patient.HttpClientActions.Clear();
            foreach (var action in http.HttpClientActions) patient.HttpClientActions.Add(action);
            patient.HttpClientActions.Add(static client => client.Timeout = Timeout.InfiniteTimeSpan);
            patient.HttpMessageHandlerBuilderActions.Clear();
            foreach (var action in http.HttpMessageHandlerBuilderActions) patient.HttpMessageHandlerBuilderActions.Add(action);
            patient.HttpMessageHandlerBuilderActions.Add(static handlers =>
            {
                for (var i = handlers.AdditionalHandlers.Count - 1; i >= 0; i--)
                {
                    if (handlers.AdditionalHandlers[i] is FullQueueHandler || IsResilience(handlers.AdditionalHandlers[i].GetType()))
                        handlers.AdditionalHandlers.RemoveAt(i);
                }
            });
            patient.HandlerLifetime = http.HandlerLifetime;
            patient.ShouldRedactHeaderValue = http.ShouldRedactHeaderValue;
            patient.SuppressHandlerScope = http.SuppressHandlerScope;
        });

    private static bool IsResilience(Type? handler)
    {
        for (; handler is not null && handler != typeof(DelegatingHandler); handler = handler.BaseType)
        {
            if (handler.Namespace is "Microsoft.Extensions.Http.Resilience" || handler.FullName is "Microsoft.Extensions.Http.PolicyHttpMessageHandler")
                return true;
        }
        return false;
    }

    private static RestMqClient Create(IServiceProvider provider, string name)
    {
        // Each request gets a new HttpClient, as IHttpClientFactory recommends. So handlers are rotated and DNS changes
        // are noticed.
        var factory = provider.GetRequiredService<IHttpClientFactory>();
        _ = provider.GetRequiredService<IOptionsMonitor<ClientAddress>>().Get(name); // Throws if the address is not valid.
        var (http, patient) = (Http(name), Patient(name));
        return new RestMqClient(
            () => factory.CreateClient(http),
            () => factory.CreateClient(patient),
            provider.GetRequiredService<IOptionsMonitor<RestMqClientOptions>>().Get(name),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILogger<RestMqClient>>() ?? NullLogger<RestMqClient>.Instance);
    }

    internal static string Http(string name) => name.Length == 0 ? HttpName : $"{HttpName}:{name}";

    private static string Patient(string name) => "Patient" + Http(name);
}
