using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RestMq.Memory;
using RestMq.Stores;

namespace RestMq;

/// <summary>Logs at start which store is used, and makes the store connect before the first request.</summary>
internal sealed partial class StoreAnnouncement(
    IQueueStore store, TimeProvider time, ILogger<StoreAnnouncement> logger, StoreSetting? setting = null) : IHostedService, IDisposable
{
    // Some ten seconds, as each check waits for its time limit. A busy machine, or a Redis that starts at the same time,
    // may take so long.
    private const int MaxLateChecks = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _later = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (store is MemoryQueueStore)
        {
            // Names a setting only when this application reads it.
            LogMemory(logger, setting is null ? "Call UseRedis() on the builder of AddRestMq()" : $"Set {setting.Path}");
            return;
        }
        var report = await store.CheckAsync(cancellationToken).ConfigureAwait(false);
        // The host starts without the store. Until the store is there, requests get 503. A store that only has not
        // answered yet may be healthy, so it is checked again before it is called away.
        if (report is { IsLate: true, Failure: { } reason }) _later = AnnounceLaterAsync(reason);
        else Announce(report);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _later.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Only cancels: a host may stop its services again after it has disposed them, and a disposed source throws then.
    public void Dispose() => _stopping.Cancel();

    private async Task AnnounceLaterAsync(string reason)
    {
        LogLate(logger, store.Description, reason);
        for (var check = 1; ; check++)
        {
            await Task.Delay(Pause, time, _stopping.Token).ConfigureAwait(false);
            var report = await store.CheckAsync(_stopping.Token).ConfigureAwait(false);
            if (report.IsLate && check < MaxLateChecks) continue;
            Announce(report);
            return;
        }
    }

    private void Announce(StoreReport report)
    {
        if (report.IsRefused) return;
        if (report.Failure is { } failure) LogAway(logger, store.Description, failure);
        else LogStore(logger, store.Description);
        foreach (var warning in report.Warnings) LogWarning(logger, store.Description, warning);
    }

    [LoggerMessage(36, LogLevel.Information, "Redis at {Store} has not answered yet. The host starts and asks again. Reason: {Reason}")]
    private static partial void LogLate(ILogger logger, string store, string reason);

    [LoggerMessage(30, LogLevel.Information,
        "Messages are kept in memory and are lost when this process ends. {Advice} to keep them in Redis.")]
    private static partial void LogMemory(ILogger logger, string advice);

    [LoggerMessage(31, LogLevel.Information, "Messages are kept in Redis at {Store}")]
    private static partial void LogStore(ILogger logger, string store);

    [LoggerMessage(32, LogLevel.Warning,
        "Redis at {Store} is away. Requests get 503 until it is back. Reason: {Reason}")]
    private static partial void LogAway(ILogger logger, string store, string reason);

    [LoggerMessage(80, LogLevel.Warning, "Redis at {Store} may lose messages: {Warning}")]
    private static partial void LogWarning(ILogger logger, string store, string warning);
}

/// <summary>Tells that the application reads the store from its configuration.</summary>
/// <param name="Path">The name of the setting, such as <c>RestMq:Redis</c>.</param>
internal sealed record StoreSetting(string Path);
