namespace RestMq.Ledger.Soak;

internal static class SoakRun
{
    public static Task<bool> RunAsync(TimeSpan time, int streams) => throw new NotSupportedException($"{time} {streams}");
}
