using System.Text;
using Microsoft.Extensions.Options;
using RestMq.Hosts;
using RestMq.Engine;

namespace RestMq.Commands;

/// <summary>
/// Verifies the exact replies of the JSON protocol over the memory store. This file holds the setup. The other files
/// hold the tests, one concern a file.
/// </summary>
public sealed partial class CommandDispatcherTests : IAsyncLifetime
{
    private readonly MemoryTestHosts _hosts = new();
    private readonly QueueEngine _engine;
    private readonly CommandDispatcher _dispatcher;

    public CommandDispatcherTests()
    {
        _engine = _hosts.NewHost().Engine;
        _dispatcher = NewDispatcher(_engine);
    }

    private static QueueName Queue { get; } = QueueName.Parse("test");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _hosts.DisposeAsync();

    private static CommandDispatcher NewDispatcher(IQueueEngine engine, RestMqOptions? options = null) =>
        new(engine, Options.Create(options ?? new RestMqOptions()));

    private Task<CommandReply> DispatchAsync(string command, QueueName? queue = null) => DispatchAsync(Encoding.UTF8.GetBytes(command), queue);

    private async Task<CommandReply> DispatchAsync(byte[] command, QueueName? queue = null) => await _dispatcher.DispatchAsync(command, queue);

    /// <summary>Dispatches a command, asserts that it is answered, and returns the reply as text.</summary>
    private async Task<string> AnswerAsync(string command)
    {
        var reply = await DispatchAsync(command);
        reply.Outcome.Should().Be(CommandOutcome.Answered, "{0} has the reply {1}", command, Text(reply));
        return Text(reply);
    }

    private static string Text(CommandReply reply) => Encoding.UTF8.GetString(reply.Json.Span);
}
