using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RestMq;

/// <summary>Awaits with a deadline, so that a test whose event never comes says which, and does not hang.</summary>
public static class Deadline
{
    // Long, for a machine may be busy with other work; what a test says to be fast it measures.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<T> Within<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await Within((Task)task, what);
        return await task;
    }

    public static Task<T> Within<T>(ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string what = "") => Within(task.AsTask(), what);

    public static async Task Within(Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Patience)) != task) throw new TimeoutException($"This did not end within {Patience}: {what}");
        await task;
    }

    /// <summary>Asks now and then until it is so.</summary>
    public static Task Until(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Until(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="Until(Func{bool}, string)"/>
    public static async Task Until(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience) throw new TimeoutException($"This was not so within {Patience}: {what}");
            await Task.Delay(5);
        }
    }
}
