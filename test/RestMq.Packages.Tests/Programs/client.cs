// Runs the client snippets of the README and docs/how-to/use-the-client.md.
// Each line `// snippet: name` is replaced by the snippet of that name.
// Arguments: the address of the host, the action, and the registration.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
switch (args[2])
{
    case "as the README says":
        // snippet: readme-client
        break;
    case "with a context":
        // snippet: client-aot
        break;
    default:
        // snippet: client-register
        break;
}
// Bound without reflection, so that the trimmed program has no warnings.
builder.Configuration["Queues:ReplyTimeout"] = "20";
builder.Services.AddOptions<RestMqClientOptions>().BindSettings("Queues");
using var host = builder.Build();
await host.StartAsync();
var queues = host.Services.GetRequiredService<IRestMqClient>();
var cancellationToken = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
try
{
    switch (args[1])
    {
        case "handle":
        {
            await host.WaitForShutdownAsync();
            break;
        }
        case "use":
        {
            await new Orders(queues).ShowAsync(cancellationToken);
            break;
        }
        case "consume":
        {
            // snippet: client-consume
            break;
        }
        case "consume leased":
        {
            // snippet: client-consume-leased
            break;
        }
        case "use type infos":
        {
            // snippet: client-type-info
            break;
        }
    }
}
catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
{
}

// snippet: client-use

public sealed class OrderHandler : IMessageHandler<Order>
{
    public Task HandleAsync(MessageContext<Order> context, CancellationToken cancellationToken)
    {
        Console.WriteLine($"handled {context.Key}: {context.Message.Customer}");
        return Task.CompletedTask;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web), JsonSerializable(typeof(Order))]
internal sealed partial class AppJson : JsonSerializerContext;
