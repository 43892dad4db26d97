namespace RestMq.TestUtilities;

/// <summary>
/// Records measured numbers besides the asserted ones. test/run.sh names a file for them and prints it at the end.
/// </summary>
public static class Measured
{
    private static readonly Lock Lock = new();

    public static void Say(string line)
    {
        Console.WriteLine(line);
        if (Environment.GetEnvironmentVariable("RESTMQ_MEASURED") is not { Length: > 0 } file) return;
        lock (Lock) File.AppendAllText(file, line + "\n");
    }
}
