using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Http;

namespace RestMq.Endpoints;

/// <summary>Holds the handlers of the routes, one class a family.</summary>
internal sealed class EndpointFamilies
{
    /// <summary>Creates the handlers with the services of a site.</summary>
    public EndpointFamilies(IServiceProvider services, AccessControl access)
    {
        var engine = services.GetRequiredService<IQueueEngine>();
        var options = services.GetRequiredService<IOptions<RestMqOptions>>().Value;
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var dispatcher = services.GetRequiredService<CommandDispatcher>();
        var sender = new DeliverySender(engine, services.GetRequiredService<ILogger<DeliverySender>>());
        Home = new HomeEndpoints(engine, sender, access, options);
        Queues = new QueueEndpoints(engine, sender, access, options, lifetime);
        Messages = new MessageEndpoints(engine, options);
        Commands = new CommandEndpoints(dispatcher, sender, access, options);
        Live = new LiveEndpoints(engine, dispatcher, sender, access, options, lifetime);
        XmlRpc = new XmlRpcEndpoints(engine, sender, access, options);
        Policy = new PolicyEndpoints(engine, options);
        Control = new ControlEndpoints(engine, options);
        Stats = new StatsEndpoints(engine, options);
        Page = new PageEndpoints(engine, options);
    }

    public HomeEndpoints Home { get; }

    public QueueEndpoints Queues { get; }

    public MessageEndpoints Messages { get; }

    public CommandEndpoints Commands { get; }

    public LiveEndpoints Live { get; }

    public XmlRpcEndpoints XmlRpc { get; }

    public PolicyEndpoints Policy { get; }

    public ControlEndpoints Control { get; }

    public StatsEndpoints Stats { get; }

    public PageEndpoints Page { get; }
}
