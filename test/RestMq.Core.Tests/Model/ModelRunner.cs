using System.Text;
using Microsoft.Extensions.Time.Testing;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>
/// Plays a sequence on a store and on the model, command by command, and compares the outcomes. It also models a waiter
/// on each queue that was found empty. The store must wake it for a message it cannot know of.
/// </summary>
/// <param name="store">The store. The named queues must be empty.</param>
/// <param name="time">The clock of the store.</param>
/// <param name="names">The queues.</param>
/// <param name="wakeUps">Returns the number of wake-ups that the store has sent for a queue so far.</param>
/// <param name="passed">Runs after time has passed, for a store that keeps its time elsewhere.</param>
internal sealed class ModelRunner(IQueueStore store, FakeTimeProvider time, QueueName[] names, Func<QueueName, Task<long>> wakeUps, Func<TimeSpan, Task>? passed = null)
{
    /// <summary>
    /// Holds the idempotency window. No sum of time steps equals it, so a key that Redis expires by itself ends clearly
    /// before or after a step.
    /// </summary>
    public static readonly TimeSpan IdempotencyWindow = TimeSpan.FromMinutes(5.5);

    private readonly ModelStore _model = new(time, IdempotencyWindow);
    private readonly KnownMessages[] _known = [.. names.Select(name => new KnownMessages(name))];
    private readonly Sleeper?[] _sleepers = new Sleeper?[names.Length];
    private readonly StringBuilder _played = new();

    /// <returns>The number of calls that the store answered.</returns>
    public async Task<int> PlayAsync(IEnumerable<Command> commands)
    {
        var calls = 0;
        foreach (var command in commands)
        {
            if (command is PassTime pass)
            {
                time.Advance(pass.Time);
                if (passed is not null) await passed(pass.Time);
                _played.AppendLine($"{command}");
                continue;
            }
            var known = _known[command.Queue];
            var expected = await command.PlayAsync(_model, known);
            var actual = await command.PlayAsync(store, known);
            known.EndStep();
            calls++;
            _played.AppendLine($"{command} -> {expected}");
            if (actual != expected) throw new DiffersException($"after\n{_played}{store.GetType().Name} said    {actual}");
            await WatchAsync(command);
        }
        return calls;
    }

    private async Task WatchAsync(Command command)
    {
        var (hasReady, due) = _model.Outlook(names[command.Queue]);
        var given = await wakeUps(names[command.Queue]);
        if (command is Exchange { Requests: var requests } && requests.Any(request => request is { Live: false, Held: false }) && !hasReady)
        {
            _sleepers[command.Queue] = new Sleeper(due, given);
            return;
        }
        if (_sleepers[command.Queue] is not { } sleeper) return;
        if (given > sleeper.WakeUps || sleeper.Due <= time.GetUtcNow()) _sleepers[command.Queue] = null;
        else if (hasReady)
            throw new DiffersException(
                $"after\n{_played}{store.GetType().Name} did not wake a waiter: a message is ready");
        else if (due < (sleeper.Due ?? DateTimeOffset.MaxValue))
            throw new DiffersException(
                $"after\n{_played}{store.GetType().Name} did not wake a waiter: a message is due sooner");
    }

    /// <summary>
    /// Holds a waiter that found nothing. It knows when a message is due, and how many wake-ups were sent by then.
    /// </summary>
    private sealed record Sleeper(DateTimeOffset? Due, long WakeUps);
}

/// <summary>Reports that a store and the model differ, or that the store's keys are invalid.</summary>
internal sealed class DiffersException(string message) : Exception(message);
