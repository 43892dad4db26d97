using System.Net.Sockets;

namespace RestMq.TestUtilities;

/// <summary>Runs a real nginx in front of hosts. Response buffering is on, as it is by default.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-nginx-");
    private readonly ChildProcess _process;

    private NginxServer(string upstream, string locations)
    {
        Port = Ports.Next();
        var file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr crit;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              upstream hosts { {{upstream}} }
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
                {{locations}}
              }
            }
            """);
        string[] arguments = ["-p", _folder.FullName, "-c", file, "-e", "stderr"];
        _process = new ChildProcess("nginx", arguments, "The tests need nginx on the PATH: apt-get install nginx.");
    }

    public int Port { get; }

    /// <summary>Starts nginx and waits until it answers.</summary>
    /// <param name="upstream">The content of <c>upstream</c>, such as <c>server 127.0.0.1:8888 backup;</c>.</param>
    /// <param name="locations">Further locations of the server.</param>
    /// <param name="cancellationToken">Cancels the wait for the first answer.</param>
    public static async Task<NginxServer> StartAsync(string upstream, string locations = "", CancellationToken cancellationToken = default)
    {
        var nginx = new NginxServer(upstream, locations);
        try
        {
            await Until.NothingMissingAsync(() => nginx.MissingAsync(cancellationToken), "nginx answers", Patience, cancellationToken);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        if (_process.HasExited) throw new InvalidOperationException($"nginx ended at once. {_process}");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
        return null;
    }
}
