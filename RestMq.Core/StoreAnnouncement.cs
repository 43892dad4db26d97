using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RestMq.Memory;
using RestMq.Stores;

namespace RestMq;

/// <summary>Logs at start which store is used, and makes the store connect before the first request.</summary>
internal sealed partial class StoreAnnouncement(IQueueStore store, ILogger<StoreAnnouncement> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (store is MemoryQueueStore)
        {
            LogMemory(logger);
            return;
        }
        var report = await store.CheckAsync(cancellationToken).ConfigureAwait(false);
        // The host starts without the store. Until the store is there, requests get 503.
        if (report.Failure is { } failure) LogAway(logger, store.Description, failure);
        else LogStore(logger, store.Description);
        foreach (var warning in report.Warnings) LogWarning(logger, store.Description, warning);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(30, LogLevel.Information,
        "Messages are kept in memory and are lost when this process ends. Set RestMq:Redis to keep them in Redis.")]
    private static partial void LogMemory(ILogger logger);

    [LoggerMessage(31, LogLevel.Information, "Messages are kept in Redis at {Store}")]
    private static partial void LogStore(ILogger logger, string store);

    [LoggerMessage(32, LogLevel.Warning,
        "Redis at {Store} is away. Requests get 503 until it is back. Reason: {Reason}")]
    private static partial void LogAway(ILogger logger, string store, string reason);

    [LoggerMessage(80, LogLevel.Warning, "Redis at {Store} may lose messages: {Warning}")]
    private static partial void LogWarning(ILogger logger, string store, string warning);
}
