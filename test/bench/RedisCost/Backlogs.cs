namespace RestMq.Bench.RedisCost;

/// <summary>Defines the queues on which the calls are measured.</summary>
internal static class Backlogs
{
    private const int Few = 100;

    public static IEnumerable<(string Name, int Size, Func<Work, int, Task> Fill)> All(int many) =>
    [
        ("few", Few, (work, size) => work.AddAsync(size)),
        ("few and special", Few, AddSpecialAsync),
        ("many", many, (work, size) => work.AddAsync(size)),
        ("many and special", many, AddSpecialAsync),
        ("90 % dead", many, (work, size) => SettleMostAsync(work, size, SettleAction.Bury)),
        ("90 % deleted", many, DeleteMostAsync),
        ("90 % redelivered", many, (work, size) => SettleMostAsync(work, size, SettleAction.Release)),
    ];

    // Adds a dead letter, a delayed message, a message with a time to live, and a released message.
    private static async Task AddSpecialAsync(Work work, int size)
    {
        await work.AddAsync(2);
        await work.SettleAsync(1, SettleAction.Bury);
        await work.AddAsync(1, Work.Message with { Delay = Work.Long });
        await work.AddAsync(1, Work.Message with { TimeToLive = Work.Long });
        await work.AddAsync(size);
        await work.SettleAsync(1, SettleAction.Release);
    }

    private static async Task SettleMostAsync(Work work, int size, SettleAction action)
    {
        await work.AddAsync(size * 9L / 10);
        await work.SettleAllAsync(action);
        await work.AddAsync(size / 10);
    }

    // Deletes nine of each ten ready messages, so that no part of the stream is empty.
    private static async Task DeleteMostAsync(Work work, int size)
    {
        await work.AddAsync(size);
        for (long first = 1; first <= size; first += 1000)
            await work.DeleteAsync(Enumerable.Range(0, 1000).Select(i => first + i).Where(id => id % 10 != 0 && id <= size));
    }
}
