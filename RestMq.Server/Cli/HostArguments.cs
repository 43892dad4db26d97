namespace RestMq.Server.Cli;

/// <summary>
/// Checks the arguments of the host. The configuration silently ignores arguments that it does not understand, so that
/// a misspelt option would start a host with other settings than were asked for.
/// </summary>
internal static class HostArguments
{
    // The settings without a section that the host and ASP.NET Core read. Settings with a section are validated by the
    // readers of the sections.
    private static readonly HashSet<string> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        "urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "webroot", "allowedHosts",
        "preferHostingUrls", "suppressStatusMessages", "captureStartupErrors", "detailedErrors", "shutdownTimeoutSeconds",
        "hostingStartupAssemblies", "hostingStartupExcludeAssemblies", "preventHostingStartup", "startupAssembly",
        "https_port", "forwardedHeaders_enabled",
    };

    // The options of the original's engine, and the settings that replace them.
    private static readonly Dictionary<string, string> OfTheOriginal = new(StringComparer.Ordinal)
    {
        ["-p"] = "--urls=http://localhost:8888", ["--port"] = "--urls=http://localhost:8888",
        ["-l"] = "--urls=http://localhost:8888", ["--listen"] = "--urls=http://localhost:8888",
        ["-i"] = "--urls=http://localhost:8888", ["--interface"] = "--urls=http://localhost:8888",
        ["--acl"] = "--Access:AclFile=acl.conf", ["-a"] = "--Access:AclFile=acl.conf",
        ["--redis-host"] = "--RestMq:Redis=localhost:6379", ["--redis-port"] = "--RestMq:Redis=localhost:6379",
        ["--redis-db"] = "--RestMq:Redis=localhost:6379,defaultDatabase=1",
        ["--redis-pool"] = "--RestMq:Redis=localhost:6379, which needs no pool",
    };

    /// <summary>Returns a sentence about the first mistake in the arguments; null when there is none.</summary>
    public static string? FindMistake(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var (name, hasValue) = args[i].IndexOf('=') is >= 0 and var at ? (args[i][..at], true) : (args[i], false);
            if (!IsKnown(name))
            {
                return OfTheOriginal.TryGetValue(name, out var instead)
                    ? $"'{name}' must be a setting of this host, but is an option of the original, so use {instead}."
                    : $"Each argument must be a verb, or a setting of the host such as --urls=http://localhost:8888, but '{name}' is "
                    + "neither, so see --help.";
            }
            if (!hasValue && ++i == args.Length)
                return $"'{name}' must have a value, such as {name}=…, but has none.";
        }
        return null;
    }

    private static bool IsKnown(string name) =>
        (name.StartsWith("--", StringComparison.Ordinal) || name.StartsWith('/')) && name.TrimStart('-', '/') is { Length: > 0 } setting
        && (setting.Contains(':') || setting.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) || Settings.Contains(setting));
}
