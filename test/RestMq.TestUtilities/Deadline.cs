using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RestMq;

/// <summary>Awaits with a deadline. A test whose event never comes fails and names it instead of hanging.</summary>
public static class Deadline
{
    // The deadline is long because the machine may be busy. Tests that need a short time measure it themselves.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<T> Within<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await Within((Task)task, what);
        return await task;
    }

    public static Task<T> Within<T>(ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string what = "") => Within(task.AsTask(), what);

    public static async Task Within(Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Patience)) != task)
            throw new TimeoutException($"The task must end within {Patience}, but did not: {what}");
        await task;
    }

    /// <summary>Checks the condition every 5 ms until it holds, and throws at the deadline.</summary>
    public static Task Until(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Until(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="Until(Func{bool}, string)"/>
    public static async Task Until(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new TimeoutException($"The condition must hold within {Patience}, but did not: {what}");
            await Task.Delay(5);
        }
    }
}
