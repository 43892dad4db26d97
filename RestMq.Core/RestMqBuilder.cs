using Microsoft.Extensions.DependencyInjection;

namespace RestMq;

/// <summary>Selects the store. <c>AddRestMq()</c> returns this builder.</summary>
/// <param name="services">The application's services.</param>
public sealed class RestMqBuilder(IServiceCollection services)
{
    /// <summary>Gets the application's services.</summary>
    public IServiceCollection Services { get; } = services;
}
