using Microsoft.Extensions.DependencyInjection;

namespace RestMq;

/// <summary>What <c>AddRestMq()</c> returns, to choose the store with.</summary>
/// <param name="services">The application's services.</param>
public sealed class RestMqBuilder(IServiceCollection services)
{
    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; } = services;
}
