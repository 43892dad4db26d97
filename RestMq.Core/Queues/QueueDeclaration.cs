using Microsoft.Extensions.Configuration;
using RestMq.Settings;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Holds the settings that an application declares for a queue. They are applied when the application starts. Null
/// leaves a setting of the queue as it is.
/// </summary>
public sealed class QueueDeclaration
{
    private static readonly SettingsTable<QueueDeclaration> Settings = new SettingsTable<QueueDeclaration>()
        .Text(nameof(Policy), "broadcast or roundrobin", static (queue, text) => TryRead(text, WireNames.Of, out QueuePolicy policy) && (queue.Policy = policy) is not null)
        .Number(nameof(MaxReceives), static (queue, value) => queue.MaxReceives = value)
        .LongNumber(nameof(MaxLength), static (queue, value) => queue.MaxLength = value)
        .Time(nameof(TimeToLive), static (queue, value) => queue.TimeToLive = value)
        .Number(nameof(History), static (queue, value) => queue.History = value)
        .LongNumber(nameof(HistoryBytes), static (queue, value) => queue.HistoryBytes = value)
        .Text(nameof(Durability), "stored or replicated", static (queue, text) => TryRead(text, WireNames.Of, out Durability durability) && (queue.Durability = durability) is not null);

    /// <summary>Gets or sets how live consumers share the messages.</summary>
    /// <value>Null: the setting of the queue stays.</value>
    public QueuePolicy? Policy { get; set; }

    /// <summary>
    /// Gets or sets after how many deliveries a message that goes back to the queue is buried instead, 1 to 1000.
    /// </summary>
    /// <value>Null: the setting of the queue stays.</value>
    public int? MaxReceives { get; set; }

    /// <summary>Gets or sets the maximum number of messages in the queue. 0 removes the limit.</summary>
    /// <value>Null: the setting of the queue stays.</value>
    public long? MaxLength { get; set; }

    /// <summary>
    /// Gets or sets the time to live of messages that have none of their own. Zero removes the limit. It is at most
    /// <see cref="RestMqOptions.MaxTimeToLive"/>.
    /// </summary>
    /// <value>Null: the setting of the queue stays.</value>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>
    /// Gets or sets how many delivered messages a broadcast queue keeps for streams that resume, 0 to 100,000.
    /// </summary>
    /// <value>Null: the setting of the queue stays.</value>
    public int? History { get; set; }

    /// <summary>Gets or sets how many bytes the messages of the history may have together, 0 to 1 TiB.</summary>
    /// <value>Null: the setting of the queue stays.</value>
    public long? HistoryBytes { get; set; }

    /// <summary>
    /// Gets or sets how safe a message must be before its add is answered, when the message itself does not say.
    /// </summary>
    /// <value>Null: the setting of the queue stays.</value>
    public Durability? Durability { get; set; }

    /// <summary>Reads the section <c>Queues</c>, whose children are named by their queues.</summary>
    internal static void Read(IConfigurationSection section, DeclaredQueues queues, List<string> mistakes)
    {
        if (section.Value is { Length: > 0 } value)
            mistakes.Add($"{section.Path} must hold a section for each queue, such as {section.Path}:orders:MaxReceives, but was '{value}'.");
        foreach (var queue in section.GetChildren())
        {
            if (!QueueName.TryParse(queue.Key, out _, out var error)) mistakes.Add($"{queue.Path} must name a queue. {error}");
            else if (queue.Value is { Length: > 0 } text) mistakes.Add($"{queue.Path} must hold settings, such as {queue.Path}:MaxReceives, but was '{text}'.");
            else Settings.SetAll(queues.Of(queue.Key), queue.GetChildren().Select(static setting => (setting.Key, setting.Path, setting.Value)), mistakes);
        }
    }

    /// <summary>Returns the change that gives a queue the declared settings.</summary>
    internal QueueSettingsChange ToChange() => new()
    {
        Policy = Policy, MaxReceives = MaxReceives, MaxLength = MaxLength, TimeToLive = TimeToLive, History = History,
        HistoryBytes = HistoryBytes, Durability = Durability,
    };

    private static bool TryRead<T>(string text, Func<T, string> wordOf, out T value) where T : struct, Enum
    {
        foreach (var one in Enum.GetValues<T>())
        {
            if (!string.Equals(wordOf(one), text, StringComparison.OrdinalIgnoreCase)) continue;
            value = one;
            return true;
        }
        value = default;
        return false;
    }
}
