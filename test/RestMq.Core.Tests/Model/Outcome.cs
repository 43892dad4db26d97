using System.Globalization;
using RestMq.Stores;

namespace RestMq.Model;

/// <summary>Formats the outcome of a call as text. Tests compare these texts, and a failure prints them.</summary>
internal static class Outcome
{
    public static string Of(IEnumerable<AddResult> results) =>
        Join(results.Select(result => result.Status is AddStatus.Full ? "full" : $"{result.Status} {result.Key.Id}"));

    public static string Of(IEnumerable<SettleResult> results) => Join(results);

    public static string Of(LeasedBatch batch, bool live) =>
        Join(batch.Messages.Select(Of)) + Next(batch.Next) + (live ? $" {batch.Settings.Policy}{(batch.Settings.Stopped ? " stopped" : "")}" : "");

    public static string Of(BroadcastBatch batch) =>
        $"{Join(batch.Messages.Select(Of))} after {batch.After} of {batch.Last} moved {batch.Moved}{Next(batch.Next)} {batch.Settings.Policy} {batch.Settings.Stopped}";

    public static string Of(QueueMessage? message) => message is null ? "nothing"
        : $"{message.Key.Id}.{message.Receipt.Fence} time {message.DeliveryCount} '{message.Body}' added {At(message.Added)}{(message.Sequence > 0 ? $" #{message.Sequence}" : "")}";

    public static string Of(MessageSnapshot? snapshot) => snapshot is null ? "nothing"
        : $"{snapshot.State} {Of(snapshot.Message)}{(snapshot.Due is { } due ? $" due {At(due)}" : "")}{(snapshot.Reason is { } reason ? $" for '{reason}'" : "")}";

    public static string Of(IEnumerable<MessageSnapshot> snapshots) => Join(snapshots.Select(Of));

    public static string Of(QueueStats stats) => string.Create(
        CultureInfo.InvariantCulture,
        $"{stats.Ready} ready, {stats.Leased} leased, {stats.Delayed} delayed, {stats.Dead} dead, added {stats.TotalAdded}, settled {stats.TotalSettled}, expired {stats.TotalExpired}, " +
        $"oldest {stats.OldestAge?.TotalSeconds}; {stats.Settings}");

    public static string Join<T>(IEnumerable<T> parts) => $"[{string.Join(", ", parts)}]";

    private static string Next(TimeSpan? next) => next is { } time ? string.Create(CultureInfo.InvariantCulture, $" next in {time.TotalSeconds}") : "";

    private static string At(DateTimeOffset time) => time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
