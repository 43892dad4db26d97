using RestMq;
using RestMq.Client;

namespace Elsewhere;

/// <summary>
/// Tests that an application can import the namespaces of the engine and of the client together. Common names must not
/// be ambiguous, so this file must compile. The tests also check the names that it does not use.
/// </summary>
public sealed class NamesTests
{
    internal static async Task MoveAsync(IQueueEngine engine, IRestMqClient client, CancellationToken cancellationToken)
    {
        QueueName name = QueueName.Parse("orders");
        QueueMessage? ours = await engine.TakeAsync(name, cancellationToken);
        QueueMessage<string>? theirs = await client.TakeAsync<string>("orders", cancellationToken: cancellationToken);
        await using LeasedMessage<string>? leased = await client.LeaseAsync<string>("orders", TimeSpan.FromSeconds(30), cancellationToken: cancellationToken);
        QueueStats stats = await engine.StatsAsync(name, cancellationToken);
        QueueStats info = await client.StatsAsync("orders", cancellationToken);
        MessageState state = MessageState.Ready;
        _ = (ours, theirs, leased, stats, info, state, QueuePolicy.Broadcast);
    }

    [Fact]
    public void ExportedTypes_EngineAndClient_ShareNoName()
    {
        var others = new[] { typeof(IQueueEngine), typeof(RestMqRole), typeof(IMessageSource) };
        var engine = others.SelectMany(type => type.Assembly.GetExportedTypes()).Select(type => type.Name);
        var client = typeof(IRestMqClient).Assembly.GetExportedTypes().Select(type => type.Name).ToArray();
        client.Should().NotBeEmpty();
        client.Intersect(engine).Should().BeEmpty();
    }

    [Fact]
    public void References_ClientAssembly_ExcludeRedisAspNetCoreAndEngine()
    {
        var references = typeof(IRestMqClient).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!).ToArray();
        references.Should().NotBeEmpty().And.OnlyContain(name => name == "RestMq.Abstractions" || name.StartsWith("System.") || name.StartsWith("Microsoft.Extensions."));
    }
}
