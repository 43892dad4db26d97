using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RestMq.Wire;

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

    /// <summary>
    /// Parses <c>queue:id</c>. The name of the queue may contain colons. A receipt is not a key.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageKey key)
    {
        var read = Receipt.TryParseKeyOrReceipt(text, out var receipt) && receipt.Fence == 0;
        key = read ? receipt.Key : default;
        return read;
    }

    /// <summary>Parses <c>queue:id</c>.</summary>
    /// <exception cref="FormatException">The text is not a key.</exception>
    public static MessageKey Parse(string text) => TryParse(text, out var key)
        ? key
        : throw new FormatException(
            $"A key must have the form queue:id, such as test:12, but was '{WireNames.Shorten(text ?? "")}'.");
}
