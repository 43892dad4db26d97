using Microsoft.Extensions.DependencyInjection;
using RestMq.Http;

namespace RestMq;

/// <summary>Reports failures of the store in a site's own endpoints.</summary>
public static class RestMqExceptionHandlerExtensions
{
    /// <summary>
    /// Adds an <c>IExceptionHandler</c>. When an endpoint of the site calls <see cref="IQueueEngine"/> and the store is
    /// away, the reply is the 503 problem of RestMQ's own routes, with <c>Retry-After</c>, and not 500. Other exceptions
    /// are left to the site. The site must call <c>app.UseExceptionHandler()</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddRestMqExceptionHandler(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddProblemDetails(); // UseExceptionHandler() without arguments needs it.
        return services.AddExceptionHandler<StoreExceptionHandler>();
    }
}
