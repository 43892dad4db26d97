using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using RestMq.Commands;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Executes commands of the JSON protocol, over any transport. A command is a JSON object, such as
/// <c>{"cmd":"add","queue":"test","value":"foobar"}</c>, and the reply is a JSON object too. The commands are add, get,
/// take, lease, del, extend, release, bury, len, purge, policy, start, stop, redrive and queues.
/// </summary>
public sealed class CommandDispatcher
{
    private readonly FrozenDictionary<string, Command> _commands;

    /// <summary>Creates a dispatcher.</summary>
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
    /// Executes a command. An invalid command or a store that is away is reported in the reply and does not throw.
    /// </summary>
    /// <param name="json">The command, in UTF-8.</param>
    /// <param name="queue">The queue of a command that names no queue. Null requires the command to name one.</param>
    /// <param name="scope">The commands that are allowed.</param>
    /// <param name="guard">Called before the command is executed, with the required role and the queue (null for all
    /// queues). It refuses a command by throwing an exception, which this method passes on.</param>
    /// <param name="cancellationToken">Cancels the command before it has begun.</param>
    public async ValueTask<CommandReply> DispatchAsync(
        ReadOnlyMemory<byte> json, QueueName? queue = null, CommandScope scope = CommandScope.All, Func<RestMqRole, QueueName?, ValueTask>? guard = null,
        CancellationToken cancellationToken = default)
    {
        var reply = new CommandReply();
        try
        {
            using var request = CommandRequest.Parse(json, queue);
            if (!_commands.TryGetValue(request.Name, out var command) || !IsIn(scope, command))
            {
                var names = string.Join(", ", Names(scope));
                throw new FormatException($"'cmd' must be one of {names}, but was '{WireNames.Shorten(request.Name)}'.");
            }
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
        catch (RestMqFullException e)
        {
            // Like the error of a queue that is full by its own limit.
            reply.Fail(e.Message);
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
