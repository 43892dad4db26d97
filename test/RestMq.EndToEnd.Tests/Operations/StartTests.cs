using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using RestMq.EndToEnd.Cli;

namespace RestMq.EndToEnd.Operations;

/// <summary>
/// Tests the start of a host: the addresses it listens on, its settings, and the messages for invalid settings.
/// </summary>
public sealed partial class StartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("restmq-start-");

    [Theory]
    [InlineData("--urls=https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path={pfx}", "--Kestrel:Certificates:Default:Password=pass")]
    [InlineData("--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:0", "--Kestrel:Endpoints:Tls:Certificate:Path={pfx}", "--Kestrel:Endpoints:Tls:Certificate:Password=pass")]
    public async Task Start_TlsSettings_ServesHttps(params string[] settings)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var pfx = Path.Combine(_folder.FullName, "host.pfx");
        await File.WriteAllBytesAsync(pfx, certificate.Export(X509ContentType.Pfx, "pass"));

        await using var host = Verb.Start([.. settings.Select(setting => setting.Replace("{pfx}", pfx)), "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Debug"]);
        var url = await ListensAsync(host);
        url.Scheme.Should().Be("https");
        using var client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.Thumbprint == certificate.Thumbprint }) { BaseAddress = url };
        try
        {
            using var reply = await client.PostAsync("q/test", new FormUrlEncodedContent([new("value", "foobar")]));
            (await reply.Content.ReadAsStringAsync()).Should().Be("test:1\r\n");
            reply.Headers.Location.Should().Be(new Uri(url, "q/test/test:1"));
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"{url} did not answer. {host}", e);
        }
        host.Output.Should().NotContain("Overriding");
    }

    [Theory]
    [InlineData("ASPNETCORE_HTTP_PORTS=0")]
    [InlineData("Kestrel__Endpoints__Plain__Url=http://127.0.0.1:0")]
    [InlineData("ASPNETCORE_URLS=http://127.0.0.1:0")]
    public async Task Start_UrlFromEnvironment_ListensThere(string variable)
    {
        await using var host = new ChildProcess("env", [variable, RestMqHost.Command.File, .. RestMqHost.Command.Arguments], "These tests need env.");
        var url = await ListensAsync(host);
        url.Port.Should().NotBe(8888);
        host.Output.Should().NotContain("Overriding");
        using var client = new HttpClient();
        (await client.GetFromJsonAsync<Dictionary<string, object>>($"http://127.0.0.1:{url.Port}/q")).Should().ContainKey("queues");
    }

    [Theory]
    [InlineData("RestMq:MaxBatch must be *, but was 'many'.\nThere is no setting RestMq:Rediss. Use one of *", "--RestMq:Rediss=localhost", "--RestMq:MaxBatch=many")]
    [InlineData("Site:RequestsPerSecond must be 0 to 1000000, but was -1.\nSite:PathBase must *'mq'.", "--Site:RequestsPerSecond=-1", "--Site:PathBase=mq")]
    [InlineData("RestMq:Redis: there is no option 'pasword' (part 2). Use 'password'.", "--RestMq:Redis=localhost,pasword=s3cret")]
    [InlineData("RestMq:Redis: the value of ssl (part 2) is not valid: 'maybe'.", "--RestMq:Redis=localhost,ssl=maybe")]
    [InlineData("RestMq:Redis: server 1 must be a host, *", "--RestMq:Redis=:99999")]
    [InlineData("RestMq:Redis: *is blank.", "'--RestMq:Redis= '")]
    [InlineData("RestMq:Redis: the scheme of a URI must be redis or rediss, but was 'http'.", "--RestMq:Redis=http://:s3cret@localhost")]
    [InlineData("RestMq:Redis: a URI must have no fragment, *", "'--RestMq:Redis=redis://:a#s3cret@localhost'")]
    [InlineData("RestMq:Queues:orders:MaxReceives must be a whole number, but was 'five'.", "--RestMq:Queues:orders:MaxReceives=five")]
    [InlineData("Access:Keys:0 must have exactly one of Secret and Sha256.", "--Access:Keys:0:Name=shop")]
    public async Task Start_InvalidSettings_PrintsEachOnOneLine(string told, params string[] settings)
    {
        var (code, output) = await Verb.ShellAsync($"$restmq --urls http://127.0.0.1:0 {string.Join(' ', settings)} 2>&1 >/dev/null");
        code.Should().Be(1, output);
        output.Should().Match(told).And.NotContain("s3cret");
        output.Split('\n').Should().HaveCount(told.Split('\n').Length);
        (await Verb.RunAsync(["--urls", "http://127.0.0.1:0", .. settings.Select(setting => setting.Trim('\''))])).Output.Should().Be(output,
            "the log does not repeat the messages");
    }

    [Fact]
    public async Task Start_AddressInUse_IsReported()
    {
        await using var first = Verb.Start("--urls", "http://127.0.0.1:0");
        var port = (await ListensAsync(first)).Port;
        var (code, output) = await Verb.RunAsync("--urls", $"http://127.0.0.1:{port}");
        code.Should().Be(1, output);
        output.Should().Contain("address already in use").And.Contain("--urls").And.NotContain("   at ").And.NotContain("Exception");
        var (_, error) = await Verb.ShellAsync($"$restmq --urls http://127.0.0.1:{port} 2>&1 >/dev/null");
        error.TrimEnd().Split('\n').Should().ContainSingle("the reason is one sentence");
    }

    [Theory]
    [InlineData("'-p' must be a setting of this host, but is an option of the original, so use --urls=http://localhost:8888.", "-p", "8889")]
    [InlineData("*so use --Access:AclFile=acl.conf.", "--acl=acl.conf")]
    [InlineData("*so use --RestMq:Redis=localhost:6379.", "--redis-host", "localhost")]
    [InlineData("*'--json' is neither, so see --help.", "--json")]
    [InlineData("*'--url' is neither, so see --help.", "--url=http://127.0.0.1:0")]
    [InlineData("*'--urlss' is neither, so see --help.", "--urlss=http://127.0.0.1:0")]
    [InlineData("*'-v' is neither, so see --help.", "--urls", "http://127.0.0.1:0", "-v")]
    [InlineData("*'stray' is neither, so see --help.", "--urls=http://127.0.0.1:0", "stray")]
    [InlineData("'--urls' must have a value, such as --urls=…, but has none.", "--urls")]
    public async Task Start_UnknownArgument_IsReported(string told, params string[] arguments)
    {
        var (code, output) = await Verb.RunAsync(arguments);
        code.Should().Be(1, output);
        output.TrimEnd().Should().Match(told);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<Uri> ListensAsync(ChildProcess host)
    {
        var line = await host.WaitForLineAsync(line => Listening().IsMatch(line));
        return new Uri(Listening().Match(line).Groups[1].Value.Replace("[::]", "127.0.0.1"));
    }

    [GeneratedRegex(@"Now listening on: (https?://\S+)")]
    private static partial Regex Listening();
}
