namespace RestMq.Stores;

/// <summary>
/// What a store keeps of a message's hand-outs, in one number: how many there were since its last redrive, and in the hundred millions how often
/// it was redriven. A redrive begins the count anew, and yet the number only grows: so a hand-out before it and one after it, each by its own
/// number the fence of its receipt, are never taken for each other. <c>redrive.lua</c> does the same.
/// </summary>
internal static class HandOuts
{
    /// <summary>By how much a redrive raises it.</summary>
    public const long PerRedrive = 100_000_000;

    /// <summary>How many there were since the last redrive.</summary>
    public static long Count(long handOuts) => handOuts % PerRedrive;

    /// <summary>What it is after a redrive.</summary>
    public static long Redriven(long handOuts) => handOuts - Count(handOuts) + PerRedrive;
}
