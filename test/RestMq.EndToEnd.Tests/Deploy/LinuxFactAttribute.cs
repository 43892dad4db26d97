namespace RestMq.EndToEnd.Deploy;

/// <summary>Marks a test that runs only on Linux. On other systems, the test is reported as skipped.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "systemd runs only on Linux.";
    }
}
