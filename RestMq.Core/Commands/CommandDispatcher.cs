using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using RestMq.Commands;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// The JSON protocol, free of transport: an object in, an object out, such as <c>{"cmd":"add","queue":"test","value":"foobar"}</c>. The commands
/// are add, get, take, lease, del, extend, release, bury, len, purge, policy, start, stop, redrive and queues.
/// </summary>
public sealed class CommandDispatcher
{
    private readonly FrozenDictionary<string, Command> _commands;
    private readonly FrozenDictionary<string, Command> _messageCommands;

    /// <param name="engine">The queues.</param>
    /// <param name="options">The limits.</param>
    public CommandDispatcher(IQueueEngine engine, IOptions<RestMqOptions> options)
    {
        var messages = new MessageCommands(engine, options.Value);
        var queues = new QueueCommands(engine);
        var onMessages = new Dictionary<string, Command>
        {
            ["add"] = messages.AddAsync,
            ["get"] = messages.GetAsync,
            ["take"] = messages.TakeAsync,
            ["lease"] = messages.LeaseAsync,
            ["del"] = messages.DeleteAsync,
            ["extend"] = messages.ExtendAsync,
            ["release"] = messages.ReleaseAsync,
            ["bury"] = messages.BuryAsync,
            ["len"] = queues.LengthAsync,
        };
        _messageCommands = onMessages.ToFrozenDictionary();
        _commands = new Dictionary<string, Command>(onMessages)
        {
            ["purge"] = queues.PurgeAsync,
            ["policy"] = queues.PolicyAsync,
            ["start"] = queues.StartAsync,
            ["stop"] = queues.StopAsync,
            ["redrive"] = queues.RedriveAsync,
            ["queues"] = queues.ListAsync,
        }.ToFrozenDictionary();
    }

    private delegate ValueTask Command(CommandRequest request, CommandReply reply, CancellationToken cancellationToken);

    /// <summary>Does a command. What is no command, and a store that is away, are told in the reply, not thrown.</summary>
    /// <param name="json">The command, in UTF-8.</param>
    /// <param name="queue">The queue of a command that names none; null to require it.</param>
    /// <param name="scope">What the sender may do.</param>
    /// <param name="cancellationToken">Ends it before it has begun.</param>
    public async ValueTask<CommandReply> DispatchAsync(
        ReadOnlyMemory<byte> json, QueueName? queue = null, CommandScope scope = CommandScope.All, CancellationToken cancellationToken = default)
    {
        var reply = new CommandReply();
        try
        {
            using var request = CommandRequest.Parse(json, queue);
            var commands = scope == CommandScope.Messages ? _messageCommands : _commands;
            if (!commands.TryGetValue(request.Name, out var command))
                throw new FormatException($"unknown command '{Limits.Shorten(request.Name)}': use {string.Join(", ", commands.Keys.Order(StringComparer.Ordinal))}");
            await command(request, reply, cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            reply.Fail(e.Message, e is TooLargeException ? CommandOutcome.TooLarge : CommandOutcome.Refused);
        }
        catch (RestMqUnavailableException e)
        {
            reply.Fail(e.Message, CommandOutcome.Unavailable);
        }
        return reply.End();
    }
}
