namespace RestMq.Model;

/// <summary>
/// Shortens a failing sequence by leaving out commands. CsCheck by itself only looks for other, smaller sequences.
/// </summary>
internal static class SequenceShrinker
{
    /// <summary>Plays a sequence. If it fails, shortens it as far as it still fails and throws that failure.</summary>
    public static async Task PlayAsync(Command[] commands, Func<Command[], Task> play)
    {
        if (await FailureAsync(commands, play) is not { } failure) return;
        for (var size = commands.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= commands.Length;)
            {
                Command[] fewer = [.. commands[..at], .. commands[(at + size)..]];
                if (await FailureAsync(fewer, play) is { } other) (commands, failure) = (fewer, other);
                else at += size;
            }
        }
        throw new DiffersException(failure.Message);
    }

    private static async Task<Exception?> FailureAsync(Command[] commands, Func<Command[], Task> play)
    {
        try
        {
            await play(commands);
            return null;
        }
        catch (RestMqUnavailableException)
        {
            // A machine that stalled for a second proves nothing about the store, so the sequence is played again.
            await play(commands);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
