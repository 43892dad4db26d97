using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RestMq;

/// <summary>
/// What a hand-out is settled with: <c>test:12.3</c> is the third hand-out of message 12. The fence (3) makes it stale as soon as the
/// message is handed out again, so that a consumer that came too late changes nothing. It only grows, so after a redrive it is no count any more.
/// </summary>
/// <param name="Key">The message's key.</param>
/// <param name="Fence">Which hand-out this is, from 1, and higher with each; 0 means the message itself, whoever holds it.</param>
public readonly record struct Receipt(MessageKey Key, long Fence)
{
    /// <summary>The receipt as it is sent: <c>queue:id.fence</c>, or the bare key when there is no fence.</summary>
    public override string ToString() =>
        Fence == 0 ? Key.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Key.Queue.Value}:{Key.Id}.{Fence}");

    /// <summary>Reads a receipt, or a bare key as a receipt without a fence.</summary>
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

    internal static Receipt Parse(string text) => TryParse(text, out var receipt) ? receipt : throw new FormatException($"'{text}' is no receipt.");

    private static bool IsId(ReadOnlySpan<char> digits, out long value) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0 && digits[0] != '0';
}
