using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Gives the declared queues their settings when the application starts. While the store is away, it tries again. It
/// changes settings only, and never deletes a message.
/// </summary>
internal sealed partial class DeclaredQueuesService(
    IOptions<DeclaredQueues> declared, IQueueEngine engine, TimeProvider time, ILogger<DeclaredQueuesService> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var (name, declaration) in declared.Value.All) await ApplyAsync(QueueName.Parse(name), declaration.ToChange(), stoppingToken).ConfigureAwait(false);
    }

    private async Task ApplyAsync(QueueName queue, QueueSettingsChange change, CancellationToken stopping)
    {
        if (change.IsEmpty) return;
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var before = await engine.GetSettingsAsync(queue, stopping).ConfigureAwait(false);
                var drift = Drift(before, change);
                if (drift.Length == 0) return;
                await engine.ConfigureAsync(queue, change, stopping).ConfigureAwait(false);
                LogChanged(logger, queue.Value, drift);
                return;
            }
            catch (RestMqUnavailableException e)
            {
                LogAway(logger, queue.Value, e.Message);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A setting that this store cannot have, such as replicas of a memory store. The other queues follow.
                LogFailed(logger, queue.Value, e.Message);
                return;
            }
            await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested) return;
        }
    }

    // Names each setting that differs, with its value before and its declared value.
    private static string Drift(QueueSettings before, QueueSettingsChange change)
    {
        var drift = new List<string>();
        Compare("policy", WireNames.Of(before.Policy), change.Policy is { } policy ? WireNames.Of(policy) : null);
        Compare("max_receives", Text(before.MaxReceives), change.MaxReceives is { } receives ? Text(receives) : null);
        Compare("max_length", Text(before.MaxLength ?? 0), change.MaxLength is { } length ? Text(length) : null);
        Compare("ttl", Text((before.TimeToLive ?? TimeSpan.Zero).TotalSeconds), change.TimeToLive is { } ttl ? Text(ttl.TotalSeconds) : null);
        Compare("history", Text(before.History), change.History is { } history ? Text(history) : null);
        Compare("history_bytes", Text(before.HistoryBytes), change.HistoryBytes is { } bytes ? Text(bytes) : null);
        Compare("durability", WireNames.Of(before.Durability), change.Durability is { } durability ? WireNames.Of(durability) : null);
        return string.Join(", ", drift);

        void Compare(string setting, string now, string? wanted)
        {
            if (wanted is not null && wanted != now) drift.Add($"{setting} {now} -> {wanted}");
        }
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    [LoggerMessage(33, LogLevel.Information, "The queue {Queue} differed from its declaration, and was changed: {Drift}")]
    private static partial void LogChanged(ILogger logger, string queue, string drift);

    [LoggerMessage(34, LogLevel.Debug, "The declared settings of the queue {Queue} wait for the store: {Reason}")]
    private static partial void LogAway(ILogger logger, string queue, string reason);

    [LoggerMessage(35, LogLevel.Error, "The declared settings of the queue {Queue} could not be applied: {Reason}")]
    private static partial void LogFailed(ILogger logger, string queue, string reason);
}
