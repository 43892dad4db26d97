/// <summary>
/// Writes the size of the managed heap to a file every second, so that a host without metrics can be measured from
/// outside. The runtime calls it in the host when <c>DOTNET_STARTUP_HOOKS</c> names this assembly. When a file with
/// that name and the suffix <c>.collect</c> exists, it first collects all garbage, and then deletes that file. The size
/// is then the memory that the host really holds.
/// </summary>
internal static class StartupHook
{
    private static Timer? _timer;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("RESTMQ_LEDGER_HEAP") is not { Length: > 0 } file) return;
        _timer = new Timer(
            _ =>
            {
                var collect = File.Exists(file + ".collect");
                if (collect) GC.Collect();
                File.WriteAllText(file + ".new", $"{GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes}");
                File.Move(file + ".new", file, overwrite: true);
                if (collect) File.Delete(file + ".collect");
            },
            null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
