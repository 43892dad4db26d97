using System.Text;
using Microsoft.Extensions.Time.Testing;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>Plays a sequence on a store and on the model, one command after another, and compares what they say. Beside
/// that somebody waits at each queue that was found empty: he must be told of what he does not know.</summary>
/// <param name="store">The store, empty as far as the names go.</param>
/// <param name="time">The clock that it goes by.</param>
/// <param name="names">The queues.</param>
/// <param name="hints">How many hints the store has given about a queue so far.</param>
/// <param name="passed">Called when time has passed, for a store that keeps time elsewhere.</param>
internal sealed class Stage(IQueueStore store, FakeTimeProvider time, QueueName[] names, Func<QueueName, Task<long>> hints, Func<TimeSpan, Task>? passed = null)
{
    /// <summary>What an add is remembered for: not a sum of the steps of time, so that what Redis lets expire by itself does so clearly before or after.</summary>
    public static readonly TimeSpan IdempotencyWindow = TimeSpan.FromMinutes(5.5);

    private readonly PlainStore _model = new(time, IdempotencyWindow);
    private readonly Seen[] _seen = [.. names.Select(name => new Seen(name))];
    private readonly Sleeper?[] _sleepers = new Sleeper?[names.Length];
    private readonly StringBuilder _played = new();

    /// <returns>How many calls the store answered.</returns>
    public async Task<int> PlayAsync(IEnumerable<Command> commands)
    {
        var calls = 0;
        foreach (var command in commands)
        {
            if (command is Pass pass)
            {
                time.Advance(pass.Time);
                if (passed is not null) await passed(pass.Time);
                _played.AppendLine($"{command}");
                continue;
            }
            var seen = _seen[command.Queue];
            var expected = await command.PlayAsync(_model, seen);
            var actual = await command.PlayAsync(store, seen);
            seen.EndStep();
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
        var given = await hints(names[command.Queue]);
        if (command is Exchange { Requests: var requests } && requests.Any(request => request is { Live: false, Held: false }) && !hasReady)
        {
            _sleepers[command.Queue] = new Sleeper(due, given);
            return;
        }
        if (_sleepers[command.Queue] is not { } sleeper) return;
        if (given > sleeper.Hints || sleeper.Due <= time.GetUtcNow()) _sleepers[command.Queue] = null;
        else if (hasReady) throw new DiffersException($"after\n{_played}{store.GetType().Name} let somebody sleep: a message is ready");
        else if (due < (sleeper.Due ?? DateTimeOffset.MaxValue)) throw new DiffersException($"after\n{_played}{store.GetType().Name} let somebody sleep: a message is due sooner");
    }

    /// <summary>Somebody who found nothing, knows when to look again by himself, and had heard so many hints by then.</summary>
    private sealed record Sleeper(DateTimeOffset? Due, long Hints);
}

/// <summary>A store and the model do not agree, or its keys are not as they should be.</summary>
internal sealed class DiffersException(string message) : Exception(message);
