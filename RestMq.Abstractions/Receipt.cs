using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RestMq;

/// <summary>
/// Identifies one delivery of a message, and settles that delivery only: <c>test:12.3</c> is the third delivery of
/// message 12. The fence (3) makes the receipt stale as soon as the message is delivered again, so a consumer that is
/// too late changes nothing. The fence only grows, so after a redrive it differs from the delivery count.
/// </summary>
/// <param name="Key">The key of the message.</param>
/// <param name="Fence">The number of the delivery, from 1. It is higher with each delivery. 0 means the message itself,
/// whether or not it is in flight.</param>
public readonly record struct Receipt(MessageKey Key, long Fence)
{
    /// <summary>Returns the receipt as it is sent: <c>queue:id.fence</c>, or the key alone without a fence.</summary>
    public override string ToString() =>
        Fence == 0 ? Key.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Key.Queue.Value}:{Key.Id}.{Fence}");

    /// <summary>Parses a receipt, or a key as a receipt without a fence.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Receipt receipt)
    {
        receipt = default;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !QueueName.TryParse(text![..colon], out var queue, out _)) return false;
        var number = text.AsSpan(colon + 1);
        var dot = number.IndexOf('.');
        long fence = 0;
        if (!IsId(dot < 0 ? number : number[..dot], out var id) || (dot >= 0 && !IsId(number[(dot + 1)..], out fence))) return false;
        receipt = new Receipt(new MessageKey(queue, id), fence);
        return true;
    }

    internal static Receipt Parse(string text) => TryParse(text, out var receipt)
        ? receipt
        : throw new FormatException(
            $"A receipt must have the form queue:id.fence, such as test:12.3, but was '{text}'.");

    private static bool IsId(ReadOnlySpan<char> digits, out long value) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0 && digits[0] != '0';
}
