using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RestMq;

/// <summary>
/// Identifies a message: <c>test:12</c> is message 12 of the queue <c>test</c>. The ids of a queue are integers from 1
/// that only grow.
/// </summary>
/// <param name="Queue">The queue.</param>
/// <param name="Id">The id within the queue, from 1.</param>
public readonly record struct MessageKey(QueueName Queue, long Id)
{
    /// <summary>Returns the key as it is sent: <c>queue:id</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Queue.Value}:{Id}");

    /// <summary>Parses <c>queue:id</c>. The name of the queue may contain colons.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageKey key)
    {
        var read = Receipt.TryParse(text, out var receipt) && receipt.Fence == 0;
        key = read ? receipt.Key : default;
        return read;
    }
}
