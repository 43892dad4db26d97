using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using RestMq.Commands;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// The JSON protocol, free of transport: an object in, an object out, such as
/// <c>{"cmd":"add","queue":"test","value":"foobar"}</c>. The commands are add, get, take, lease, del, extend, release,
/// bury, len, purge, policy, start, stop, redrive and queues.
/// </summary>
public sealed class CommandDispatcher
{
    private readonly FrozenDictionary<string, Command> _commands;

    /// <param name="engine">The queues.</param>
    /// <param name="options">The limits.</param>
    public CommandDispatcher(IQueueEngine engine, IOptions<RestMqOptions> options)
    {
        var messages = new MessageCommands(engine, options.Value);
        var queues = new QueueCommands(engine, options.Value);
        _commands = new Dictionary<string, Command>
        {
            ["add"] = new(RestMqRole.Produce, messages.AddAsync),
            ["get"] = new(RestMqRole.Consume, messages.GetAsync),
            ["take"] = new(RestMqRole.Consume, messages.TakeAsync),
            ["lease"] = new(RestMqRole.Consume, messages.LeaseAsync),
            ["del"] = new(RestMqRole.Consume, messages.DeleteAsync),
            ["extend"] = new(RestMqRole.Consume, messages.ExtendAsync),
            ["release"] = new(RestMqRole.Consume, messages.ReleaseAsync),
            ["bury"] = new(RestMqRole.Consume, messages.BuryAsync),
            ["len"] = new(RestMqRole.Consume, queues.LengthAsync),
            ["purge"] = new(RestMqRole.Admin, queues.PurgeAsync),
            ["policy"] = new(RestMqRole.Admin, queues.PolicyAsync),
            ["start"] = new(RestMqRole.Admin, queues.StartAsync),
            ["stop"] = new(RestMqRole.Admin, queues.StopAsync),
            ["redrive"] = new(RestMqRole.Admin, queues.RedriveAsync),
            ["queues"] = new(RestMqRole.Admin, queues.ListAsync) { OfAllQueues = true },
        }.ToFrozenDictionary();
    }

    /// <summary>
    /// Does a command. What is no command, and a store that is away, are told in the reply, not thrown.
    /// </summary>
    /// <param name="json">The command, in UTF-8.</param>
    /// <param name="queue">The queue of a command that names none; null to require it.</param>
    /// <param name="scope">Which commands there are.</param>
    /// <param name="guard"> Called before a command is done, with what it needs and its queue (null for all queues). It
    /// refuses by throwing; what it throws is passed on.
    /// </param>
    /// <param name="cancellationToken">Ends it before it has begun.</param>
    public async ValueTask<CommandReply> DispatchAsync(
        ReadOnlyMemory<byte> json, QueueName? queue = null, CommandScope scope = CommandScope.All, Func<RestMqRole, QueueName?, ValueTask>? guard = null,
        CancellationToken cancellationToken = default)
    {
        var reply = new CommandReply();
        try
        {
            using var request = CommandRequest.Parse(json, queue);
            if (!_commands.TryGetValue(request.Name, out var command) || !IsIn(scope, command))
                throw new FormatException($"unknown command '{Limits.Shorten(request.Name)}': use {string.Join(", ", Names(scope))}");
            if (guard is not null) await guard(command.Role, command.OfAllQueues ? null : request.Queue).ConfigureAwait(false);
            await command.Do(request, reply, cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            reply.Fail(e.Message, e is TooLargeException ? CommandOutcome.TooLarge : CommandOutcome.Refused);
        }
        catch (RestMqDurabilityException e)
        {
            reply.Fail(e.Message, CommandOutcome.Refused);
        }
        catch (RestMqUnavailableException e)
        {
            reply.Fail(e.Message, CommandOutcome.Unavailable);
        }
        return reply.End();
    }

    private static bool IsIn(CommandScope scope, Command command) => scope == CommandScope.All || command.Role != RestMqRole.Admin;

    private IEnumerable<string> Names(CommandScope scope) =>
        _commands.Where(named => IsIn(scope, named.Value)).Select(named => named.Key).Order(StringComparer.Ordinal);

    private sealed record Command(RestMqRole Role, Func<CommandRequest, CommandReply, CancellationToken, ValueTask> Do)
    {
        public bool OfAllQueues { get; init; }
    }
}
