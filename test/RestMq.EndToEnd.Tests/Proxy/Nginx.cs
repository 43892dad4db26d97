namespace RestMq.EndToEnd.Proxy;

/// <summary>
/// Starts an nginx in front of the hosts. The first running host gets all requests. The nginx also serves the pages.
/// </summary>
internal static class Nginx
{
    public static Task<NginxServer> StartAsync(params IReadOnlyList<RestMqHost> hosts) => NginxServer.StartAsync(
        string.Concat(hosts.Select((host, i) => $"server 127.0.0.1:{host.Port}{(i > 0 ? " backup" : "")}; ")),
        $"location /pages/ {{ root {Path.Combine(AppContext.BaseDirectory, "Clients")}; default_type text/html; }}");
}
