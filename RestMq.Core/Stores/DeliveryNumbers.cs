namespace RestMq.Stores;

/// <summary>
/// Encodes the deliveries of a message in one number that only grows. The number is the delivery count since the last
/// redrive, plus <see cref="PerRedrive"/> for each redrive. A receipt uses the number as its fence. A redrive restarts
/// the count, but a receipt from before the redrive never matches a later delivery. <c>redrive.lua</c> uses the same
/// formula.
/// </summary>
internal static class DeliveryNumbers
{
    /// <summary>The amount that each redrive adds.</summary>
    public const long PerRedrive = 100_000_000;

    /// <summary>Returns the delivery count since the last redrive.</summary>
    public static long Count(long handOuts) => handOuts % PerRedrive;

    /// <summary>Returns the number after a redrive.</summary>
    public static long Redriven(long handOuts) => handOuts - Count(handOuts) + PerRedrive;
}
