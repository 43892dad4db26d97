using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RestMq.Wire;

namespace RestMq;

/// <summary>
/// Identifies one delivery of a message, and settles that delivery only: <c>test:12.3</c> is the third delivery of
/// message 12. The fence (3) makes the receipt stale as soon as the message is delivered again, so a consumer that is
/// too late changes nothing. The fence only grows, so after a redrive it differs from the delivery count.
/// </summary>
/// <param name="Key">The key of the message.</param>
/// <param name="Fence">The number of the delivery, from 1. It is higher with each delivery. 0 is no delivery, which only
/// a <see cref="Settlement"/> that deletes a message by its key has.</param>
public readonly record struct Receipt(MessageKey Key, long Fence)
{
    /// <summary>Returns the receipt as it is sent: <c>queue:id.fence</c>, or the key alone without a fence.</summary>
    public override string ToString() =>
        Fence == 0 ? Key.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Key.Queue.Value}:{Key.Id}.{Fence}");

    /// <summary>Parses <c>queue:id.fence</c>. A key is not a receipt.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Receipt receipt)
    {
        var read = TryParseKeyOrReceipt(text, out receipt) && receipt.Fence > 0;
        if (!read) receipt = default;
        return read;
    }

    /// <summary>Parses <c>queue:id.fence</c>.</summary>
    /// <exception cref="FormatException">The text is not a receipt.</exception>
    public static Receipt Parse(string text) => TryParse(text, out var receipt)
        ? receipt
        : throw new FormatException(
            $"A receipt must have the form queue:id.fence, such as test:12.3, but was '{WireNames.Shorten(text ?? "")}'.");

    /// <summary>Returns the receipt, which is that of a delivery.</summary>
    /// <exception cref="ArgumentException">The receipt has no queue or no fence, so it is no delivery's.</exception>
    internal Receipt Checked(string parameter = "receipt") => Key.Queue is not null && Fence > 0
        ? this
        : throw new ArgumentException(
            $"A receipt must be that of a delivery, such as test:12.3, but was '{(Key.Queue is null ? "" : ToString())}'. "
            + "To delete a message by its key, use DeleteAsync.", parameter);

    /// <summary>Parses a receipt, or a key as a receipt without a fence, where a route accepts both.</summary>
    internal static bool TryParseKeyOrReceipt([NotNullWhen(true)] string? text, out Receipt receipt)
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

    private static bool IsId(ReadOnlySpan<char> digits, out long value) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0 && digits[0] != '0';
}
