using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RestMq.EndToEnd.Deploy;

/// <summary>Tests the files for production with the programs that read them.</summary>
public sealed class DeployTests(MemoryHost fixture) : IClassFixture<MemoryHost>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-deploy-");

    [Fact]
    public async Task NginxFile_AsShipped_IsAccepted() => (await CheckAsync(Text("nginx.conf"))).Should().Be(0);

    [Fact]
    public async Task NginxFile_WithTypo_IsRejected() =>
        (await CheckAsync(Text("nginx.conf").Replace("keepalive 64", "keepalife 64"))).Should().NotBe(0);

    [Fact]
    public async Task Stream_ThroughShippedNginxFile_IsImmediate()
    {
        var (nginx, port) = await StartAsync(Text("nginx.conf"), fixture.Host.Port);
        await using var running = nginx;
        var queue = fixture.Host.NextQueue();
        await using var stream = await CometStream.OpenAsync(port, $"/c/{queue}");
        await using var connection = await RawConnection.OpenAsync(port);
        for (var i = 1; i <= 5; i++)
        {
            (await connection.AskAsync($"POST /q/{queue}", $"value={i}")).Is(200).Text.Should().Be($"{queue}:{i}\r\n");
            (await stream.NextAsync()).Text("value").Should().Be($"{i}");
        }
    }

    // Callers of a proxy on this machine are not on this machine, whatever headers the proxy passes on.
    [Theory]
    [InlineData("shipped", "127.0.0.1", null)]
    [InlineData("shipped", "evil.example", null)]
    [InlineData("shipped", "localhost", "Sec-Fetch-Site: same-origin")]
    [InlineData("plain", "localhost", null)]
    [InlineData("plain", "127.0.0.1", "Sec-Fetch-Site: same-origin")]
    public async Task Admin_ThroughNginx_IsRefused(string file, string name, string? header)
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--AllowedHosts=*");
        await using var listed = await RestMqHost.StartAsync(
            StoreKind.Memory, null, "--AllowedHosts=*", "--Access:Networks:Admin:Allow:0=127.0.0.1", "--Access:Networks:RestProducer:Deny:0=10.");
        foreach (var server in new[] { host, listed })
        {
            var site = file == "shipped"
                ? Text("nginx.conf")
                : "server { listen 80; location / { proxy_pass http://127.0.0.1:8888; } }";
            var (nginx, port) = await StartAsync(site, server.Port);
            await using var running = nginx;
            (await server.AskAsync("POST /q/vault", "value=kept")).Is(200);
            await using var connection = await RawConnection.OpenAsync(port);
            (await connection.AskAsync("DELETE /q/vault", "", [$"Host: {name}", .. header is null ? Array.Empty<string>() : [header]])).Is(403);
            (await server.AskAsync("GET /stats/vault")).Is(200).Json.Number("ready").Should().Be(1);
        }
    }

    [Fact]
    public async Task ShippedNginxFile_PublicName_NeedsAllowedHosts()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--AllowedHosts=queues.example.org");
        foreach (var (server, status) in new[] { (fixture.Host, 421), (host, 200) })
        {
            var (nginx, port) = await StartAsync(Text("nginx.conf"), server.Port);
            await using var running = nginx;
            await using var connection = await RawConnection.OpenAsync(port);
            (await connection.AskAsync("POST /q/test", "value=x", "Host: queues.example.org")).Is(status);
        }
    }

    [LinuxFact]
    public async Task SystemdUnit_AsShipped_IsAccepted()
    {
        var unit = Text("restmq.service");
        unit.Should().Contain("ExecStart=/opt/restmq/RestMq.Sample --urls http://127.0.0.1:8888").And.Contain("RestMq__Redis=");
        var file = Path.Combine(_folder.FullName, "restmq.service");
        await File.WriteAllTextAsync(file, unit.Replace("/opt/restmq/RestMq.Sample", "/bin/true"));
        await using var systemd = new ChildProcess("systemd-analyze", ["verify", file],
            "This test needs systemd-analyze on the PATH (apt-get install systemd).");
        (await systemd.WaitForExitAsync(TimeSpan.FromSeconds(30))).Should().Be(0, $"{systemd}");
        systemd.Output.Should().NotContain("restmq.service:", "systemd reports each line that it ignores");
    }

    [Fact]
    public async Task SystemdUnit_AsShipped_ExposesLittle()
    {
        var file = Path.Combine(_folder.FullName, "restmq.service");
        await File.WriteAllTextAsync(file, Text("restmq.service"));
        await using var systemd = new ChildProcess("systemd-analyze", ["security", "--offline=yes", "--no-pager", file],
            "This test needs systemd-analyze.");
        await systemd.WaitForExitAsync(TimeSpan.FromSeconds(30));
        var level = new Regex("Overall exposure level for .*: ([0-9]+[.][0-9]+)");
        await Deadline.Until(() => level.IsMatch(systemd.Output));

        double.Parse(level.Match(systemd.Output).Groups[1].Value, CultureInfo.InvariantCulture).Should().BeInRange(0.1, 1.9);
    }

    // Building the image needs a container engine. This test only checks that the files it names exist.
    [Fact]
    public void Containerfile_AsShipped_NamesExistingFiles()
    {
        var text = Text("Containerfile");
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(RestMqHost.Program)!, "../../../.."));
        var project = Regex.Match(text, @"dotnet publish (\S+)").Groups[1].Value;
        File.Exists(Path.Combine(root, project)).Should().BeTrue();
        Regex.Match(text, @"ENTRYPOINT \[""dotnet"", ""(.*)""\]").Groups[1].Value.Should().Be(Path.GetFileName(RestMqHost.Program));
        var framework = $"net{Regex.Match(text, @"/aspnet:(\S+)").Groups[1].Value}";
        Path.GetFileName(Path.GetDirectoryName(RestMqHost.Program)).Should().Be(framework);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Text(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "deploy", file));

    // Runs nginx with a site whose host is at a port of this machine. Returns nginx and its port.
    private async Task<(ChildProcess Nginx, int Port)> StartAsync(string site, int host)
    {
        var port = Ports.Next();
        site = site.Replace("127.0.0.1:8888", $"127.0.0.1:{host}").Replace("listen 80;", $"listen 127.0.0.1:{port};");
        site.Should().Contain($"listen 127.0.0.1:{port};").And.Contain($"127.0.0.1:{host};");
        var nginx = Nginx(site);
        await Eventually.TrueAsync(
            async () =>
            {
                using var probe = new TcpClient();
                try
                {
                    await probe.ConnectAsync(IPAddress.Loopback, port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            $"nginx answers: {nginx}");
        return (nginx, port);
    }

    private async Task<int> CheckAsync(string site)
    {
        await using var nginx = Nginx(site, "-t");
        return await nginx.WaitForExitAsync(TimeSpan.FromSeconds(30));
    }

    // Replaces the distribution's nginx.conf, which includes the site. All files of nginx are in the test's folder.
    private ChildProcess Nginx(string site, params string[] options)
    {
        var file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(Path.Combine(_folder.FullName, "site.conf"), site);
        File.WriteAllText(file, """
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              include site.conf;
            }
            """);
        return new ChildProcess("nginx", ["-p", _folder.FullName, "-c", file, "-e", "stderr", .. options], "These tests need nginx on the PATH (apt-get install nginx).");
    }
}
