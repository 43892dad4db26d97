using System.Net;
using System.Net.Sockets;

namespace RestMq.Live.Proxy;

/// <summary>A real nginx before hosts, buffering as it does by default: the first host that lives gets everything. It also serves the pages.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-nginx-");
    private readonly ChildProcess _process;

    private NginxServer(IReadOnlyList<RestMqHost> hosts)
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        var servers = string.Concat(hosts.Select((host, i) => $"server 127.0.0.1:{host.Port}{(i > 0 ? " backup" : "")}; "));
        var file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              upstream hosts { {{servers}} }
              map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
              server {
                listen 127.0.0.1:{{Port}};
                location / {
                  proxy_pass http://hosts;
                  proxy_buffering on;
                  proxy_http_version 1.1;
                  proxy_set_header Host $http_host;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection $connection_upgrade;
                }
                location /pages/ { root {{Path.Combine(AppContext.BaseDirectory, "Clients")}}; default_type text/html; }
              }
            }
            """);
        string[] arguments = ["-p", _folder.FullName, "-c", file, "-e", "stderr"];
        _process = new ChildProcess("nginx", arguments, "These tests need nginx on the PATH (apt-get install nginx).");
    }

    public int Port { get; }

    public static async Task<NginxServer> StartAsync(params IReadOnlyList<RestMqHost> hosts)
    {
        var nginx = new NginxServer(hosts);
        await Eventually.TrueAsync(nginx.AnswersAsync, $"nginx answers: {nginx._process}");
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = await RawConnection.OpenAsync(Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
