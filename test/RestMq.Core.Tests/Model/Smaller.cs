namespace RestMq.Model;

/// <summary>Makes a failing sequence smaller by leaving commands out; CsCheck by itself looks for other sequences that are smaller.</summary>
internal static class Smaller
{
    /// <summary>Plays a sequence, and when it fails, the smallest that can be made of it, whose failure it throws.</summary>
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
            // A machine that stood still for a second says nothing about the store: once more.
            await play(commands);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
