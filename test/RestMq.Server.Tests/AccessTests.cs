using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Server.Access;

namespace RestMq.Server;

/// <summary>Tests the keys, passwords and networks of the sample host.</summary>
public sealed class AccessTests
{
    private static readonly (string, string)[] Shop =
    [
        ("Access:Keys:0:Name", "shop"), ("Access:Keys:0:Secret", "s3cret"), ("Access:Keys:0:Roles:0", "produce"), ("Access:Keys:0:Queues:0", "orders.*"),
        ("Access:Keys:1:Name", "worker"), ("Access:Keys:1:Sha256", Hash("w0rk")), ("Access:Keys:1:Roles:0", "consume"), ("Access:Keys:1:Roles:1", "stream"),
        ("Access:Users:0:Name", "lero"), ("Access:Users:0:Secret", "pass:word"), ("Access:Users:0:Roles:0", "admin"), ("Access:Users:0:Roles:1", "produce"),
    ];

    [Theory]
    [InlineData("X-Api-Key", "s3cret", "orders.eu", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer s3cret", "orders.eu", HttpStatusCode.OK)]
    [InlineData("Authorization", "bearer s3cret", "orders.", HttpStatusCode.OK)]
    [InlineData("X-Api-Key", "s3cret", "orders", HttpStatusCode.Forbidden)]
    [InlineData("X-Api-Key", "s3cret", "ORDERS.eu", HttpStatusCode.Forbidden)]
    [InlineData("X-Api-Key", "w0rk", "orders.eu", HttpStatusCode.Forbidden)]
    [InlineData("X-Api-Key", "S3cret", "orders.eu", HttpStatusCode.Unauthorized)]
    [InlineData("X-Api-Key", "", "orders.eu", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic bGVybzpwYXNzOndvcmQ=", "anything", HttpStatusCode.OK)]
    [InlineData("Authorization", "Basic bGVybzpwYXNz", "anything", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic !!", "anything", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic", "anything", HttpStatusCode.Unauthorized)]
    [InlineData("Accept", "*/*", "orders.eu", HttpStatusCode.Unauthorized)]
    public async Task Add_EachCaller_IsAllowedByKeyRoleAndQueue(
        string header, string value, string queue, HttpStatusCode status)
    {
        await using var host = new SampleHost(Shop);
        await host.SendAsync($"POST /q/{queue}", "value=x", (header, value)).IsAsync(status);
    }

    [Fact]
    public async Task Request_UnknownCaller_IsChallenged()
    {
        await using var host = new SampleHost(Shop);
        using var reply = await host.SendAsync("GET /q/orders.eu");
        reply.Headers.WwwAuthenticate.Select(challenge => challenge.ToString()).Should().Equal("Basic realm=\"RestMQ\", charset=\"UTF-8\"", "Bearer realm=\"RestMQ\"");
        reply.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
    }

    [Theory]
    [InlineData("POST", "Origin: https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site", HttpStatusCode.Forbidden)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate", HttpStatusCode.Forbidden)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: no-cors", HttpStatusCode.Forbidden)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate,Sec-Fetch-Dest: iframe", HttpStatusCode.Forbidden)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site,Sec-Fetch-Mode: navigate,Sec-Fetch-Dest: document", HttpStatusCode.OK)]
    [InlineData("POST", "Sec-Fetch-Site: same-origin", HttpStatusCode.OK)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site,Origin: https://shop.example", HttpStatusCode.OK)]
    public async Task Password_CrossSiteRequest_IsRefused(string method, string headers, HttpStatusCode status)
    {
        await using var host = new SampleHost([.. Shop, ("Site:Origins:0", "https://shop.example")]);
        var sent = headers.Split(',').Select(header => header.Split(": ")).Select(header => (header[0], header[1]));
        await host.SendAsync($"{method} /control/a", method == "POST" ? "status=stop" : null, [("Authorization", "Basic bGVybzpwYXNzOndvcmQ="), .. sent]).IsAsync(status);
    }

    [Theory]
    [InlineData("/q/a", HttpStatusCode.Forbidden)]
    [InlineData("/q/a?max=1000&lease=3600", HttpStatusCode.Forbidden)]
    [InlineData("/?queue=a", HttpStatusCode.Forbidden)]
    [InlineData("/c/a", HttpStatusCode.Forbidden)]
    [InlineData("/ws/a", HttpStatusCode.Forbidden)]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/queue", HttpStatusCode.OK)]
    [InlineData("/q", HttpStatusCode.OK)]
    [InlineData("/j/a", HttpStatusCode.OK)]
    [InlineData("/stats/a", HttpStatusCode.OK)]
    [InlineData("/q/a/a:1", HttpStatusCode.NotFound)]
    public async Task Link_OnAnotherSite_TakesNothing(string path, HttpStatusCode status)
    {
        await using var host = new SampleHost([.. Shop, ("Access:Users:0:Roles:2", "consume"), ("Access:Users:0:Roles:3", "stream")]);
        using var reply = await host.Client.SendAsync(
            Request.Of(
                "GET " + path, null, ("Authorization", "Basic bGVybzpwYXNzOndvcmQ="), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")),
            HttpCompletionOption.ResponseHeadersRead);
        reply.StatusCode.Should().Be(status);
    }

    [Fact]
    public async Task Request_LocalCallerWithoutPassword_Returns401()
    {
        await using var host = new SampleHost(Shop);
        await host.SendAsync("GET /stats").IsAsync(HttpStatusCode.Unauthorized);
        await host.SendAsync("GET /stats", null, ("Authorization", "Basic bGVybzpwYXNzOndvcmQ=")).IsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET /c/a?api_key=w0rk", HttpStatusCode.OK)]
    [InlineData("GET /c/a?api_key=nope", HttpStatusCode.Unauthorized)]
    [InlineData("GET /q/a?api_key=w0rk", HttpStatusCode.Unauthorized)]
    [InlineData("DELETE /q/a?api_key=w0rk", HttpStatusCode.Unauthorized)]
    public async Task KeyInUrl_EachRoute_WorksForStreamsOnly(string line, HttpStatusCode status)
    {
        foreach (var pathBase in new[] { "", "/mq" })
        {
            await using var host = new SampleHost([.. Shop, ("Site:PathBase", pathBase)]);
            using var reply = await host.Client.SendAsync(Request.Of(line.Replace(" ", " " + pathBase)), HttpCompletionOption.ResponseHeadersRead);
            reply.StatusCode.Should().Be(status);
        }
    }

    [Fact]
    public async Task Anonymous_OpenRole_IsAllowed()
    {
        await using var host = new SampleHost([.. Shop, ("Access:Anonymous:0", "consume")]);
        await host.SendAsync("GET /q/a").IsAsync(HttpStatusCode.NoContent);
        await host.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Key_LimitedQueues_CannotListAll()
    {
        await using var host = new SampleHost(("Access:Keys:0:Name", "ops"), ("Access:Keys:0:Secret", "k"), ("Access:Keys:0:Roles:0", "admin"), ("Access:Keys:0:Queues:0", "a*"));
        await host.SendAsync("GET /stats/abc", null, ("X-Api-Key", "k")).IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /stats", null, ("X-Api-Key", "k")).IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("POST /queue", """{"cmd":"queues"}""", ("X-Api-Key", "k")).IsAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("RestProducer", "POST /q/a", "value=x")]
    [InlineData("RestConsumer", "GET /q/a", null)]
    [InlineData("CometConsumer", "GET /c/a", null)]
    [InlineData("Admin", "GET /stats/a", null)]
    [InlineData("RestProducer", "POST /queue", """{"cmd":"add","queue":"a","value":1}""")]
    public async Task Network_DeniedCategory_AffectsOnlyThatCategory(string category, string line, string? body)
    {
        await using var host = new SampleHost(($"Access:Networks:{category}:Deny:0", "192.0.2."), ("Access:Networks:Admin:Allow:0", "all"));
        async Task<HttpStatusCode> FromAsync(string address, string asked, string? sent)
        {
            using var reply = await host.Client.SendAsync(Request.Of(asked, sent, (Addressed.Header, address)), HttpCompletionOption.ResponseHeadersRead);
            if (reply.StatusCode == HttpStatusCode.Forbidden && !asked.Contains("/queue")) reply.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
            return reply.StatusCode;
        }
        (await FromAsync("192.0.2.7", line, body)).Should().Be(HttpStatusCode.Forbidden);
        ((int)await FromAsync("192.0.3.7", line, body)).Should().BeOneOf(200, 204);
        ((int)await FromAsync("192.0.2.7", category == "RestConsumer" ? "POST /q/a" : "GET /q/a", category == "RestConsumer" ? "value=x" : null)).Should().BeOneOf(200, 204);
    }

    [Fact]
    public async Task WebSocket_DeniedCategories_ApplyToCommands()
    {
        await using var host = new SampleHost(("Access:Networks:CometConsumer:Deny:0", "all"), ("Access:Networks:RestProducer:Deny:0", "all"));
        using (var socket = await OpenAsync(host))
        {
            (await socket.AskAsync("""{"cmd":"add","value":1}""")).Should().Contain("an allowed network, but was 127.0.0.1");
            (await socket.AskAsync("""{"cmd":"len"}""")).Should().Be("""{"queue":"a","len":0}""");
        }
        await host.SendAsync("GET /c/a").IsAsync(HttpStatusCode.Forbidden);

        await using var closed = new SampleHost(("Access:Networks:WebSocketConsumer:Deny:0", "all"));
        var open = () => OpenAsync(closed);
        (await open.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*403*");
    }

    [Fact]
    public async Task WebSocket_KeyLosesRole_LosesItsRights()
    {
        await using var host = new SampleHost(Shop);
        var client = host.Server.CreateWebSocketClient();
        using var socket = await client.ConnectAsync(new Uri(host.Server.BaseAddress, "/ws/a?api_key=w0rk"), Request.Deadline);
        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Be("""{"queue":"a","len":0}""");
        (await socket.AskAsync("""{"cmd":"add","value":1}""")).Should().Contain("may not add to the queue a");
        host.Change(("Access:Keys:1:Roles:0", "stream"));
        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Contain("may not take from the queue a");
    }

    [Fact]
    public async Task WebSocket_KeyReplaced_LosesItsRights()
    {
        await using var host = new SampleHost(Shop);
        using var socket = await host.Server.CreateWebSocketClient().ConnectAsync(new Uri(host.Server.BaseAddress, "/ws/a?api_key=w0rk"), Request.Deadline);
        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Be("""{"queue":"a","len":0}""");
        host.Change(("Access:Keys:1:Sha256", Hash("another")));
        (await socket.AskAsync("""{"cmd":"len"}""")).Should().Contain("may not take from the queue a");
    }

    [Fact]
    public void Reload_InvalidJson_KeepsRules()
    {
        var folder = Directory.CreateTempSubdirectory("restmq-access-");
        try
        {
            var file = Path.Combine(folder.FullName, "settings.json");
            File.WriteAllText(file, """{"Access":{"Keys":[{"Name":"shop","Secret":"s3cret","Roles":["produce"]}]}}""");
            var configuration = new ConfigurationBuilder().AddJsonFile(file, optional: false, reloadOnChange: false).Build();
            var log = new LogOfStore();
            using var store = new AccessStore(configuration, Substitute.For<IHostEnvironment>(), log);
            File.WriteAllText(file, """{"Access":{"Keys":[{"Name":"shop",""");

            configuration.Reload();

            store.Rules.OfKey("s3cret").Should().NotBeNull();
            log.Lines.Should().Contain(line => line.StartsWith("Could not read the changed settings in settings.json."));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Admin_NetworksOnly_IsForLocalOrAllowedNetwork()
    {
        await using var host = new SampleHost(("Access:Networks:RestProducer:Deny:0", "all"), ("Access:Networks:RestProducer:Allow:0", "127.0.0.1"));
        await host.SendAsync("GET /stats").IsAsync(HttpStatusCode.OK);
        await host.SendAsync("GET /stats", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.Unauthorized);
        await host.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.OK);
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.Forbidden);

        await using var open = new SampleHost(("Access:Networks:Admin:Allow:0", "192.0.2.0/24"));
        await open.SendAsync("GET /stats", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.OK);
        await open.SendAsync("GET /stats").IsAsync(HttpStatusCode.Forbidden);
        await open.SendAsync("POST /control/a", "status=stop", (Addressed.Header, Site.Remote), ("Origin", "https://evil.example")).IsAsync(HttpStatusCode.Forbidden);
    }

    // A loopback address in a list stands for callers on this machine, also when a proxy or a browser on it sends.
    [Theory]
    [InlineData("Accept", "*/*", true)]
    [InlineData("X-Forwarded-For", "192.0.2.7", false)]
    [InlineData("X-Forwarded-Proto", "https", false)]
    [InlineData("CF-Connecting-IP", "192.0.2.7", false)]
    [InlineData("Via", "1.1 proxy", false)]
    [InlineData("Host", "evil.example", false)]
    [InlineData("Host", "0.0.0.0", false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Origin", "http://localhost:3000", false)]
    public async Task Network_AllowedLoopback_IsForCallersOnThisMachine(string header, string value, bool isLet)
    {
        await using var host = new SampleHost(("Access:Networks:Admin:Allow:0", "127.0.0.1"), ("Access:Networks:RestProducer:Allow:0", "127.0.0.0/8"), ("AllowedHosts", "*"));
        var status = isLet ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
        await host.SendAsync("DELETE /q/vault", null, (header, value)).IsAsync(status);
        await host.SendAsync("POST /q/vault", "value=x", (header, value)).IsAsync(status);
        await host.SendAsync("DELETE /q/vault", null, (header, value), ("Sec-Fetch-Site", "same-origin")).IsAsync(
            header is "Sec-Fetch-Site" ? HttpStatusCode.Forbidden : header is "Origin" ? HttpStatusCode.OK : status);
    }

    // The address of a forwarded request is the proxy's. No list may take it for the caller's.
    [Theory]
    [InlineData("Allow", "10.0.0.0/8")]
    [InlineData("Deny", "192.0.2.7")]
    public async Task Network_UnknownProxy_HidesTheCaller(string list, string network)
    {
        await using var host = new SampleHost(($"Access:Networks:Admin:{list}:0", network), ($"Access:Networks:RestProducer:{list}:0", network));
        (string, string)[] forwarded = [(Addressed.Header, "10.0.0.1"), ("X-Forwarded-For", "192.0.2.7")];
        (await host.SendAsync("POST /q/a", "value=x", forwarded).IsAsync(HttpStatusCode.Forbidden)).GetProperty("detail").GetString()
            .Should().Contain("hidden by a proxy").And.Contain("Site:KnownProxies");
        await host.SendAsync("DELETE /q/a", null, forwarded).IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("POST /q/a", "value=x", (Addressed.Header, "10.0.0.1")).IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Reload_ChangedRules_ApplyUnlessInvalid()
    {
        await using var host = new SampleHost(Shop);
        (string, string) key = ("X-Api-Key", "s3cret");
        host.Change(("Access:Keys:0:Roles:0", "nonsense"));
        await host.SendAsync("POST /q/orders.eu", "value=x", key).IsAsync(HttpStatusCode.OK);
        host.Change(("Access:Keys:0:Roles:0", "consume"));
        await host.SendAsync("POST /q/orders.eu", "value=x", key).IsAsync(HttpStatusCode.Forbidden);
        await host.SendAsync("GET /q/orders.eu", null, key).IsAsync(HttpStatusCode.OK);
        host.Change(("Access:Keys:0:Secret", "another"));
        await host.SendAsync("GET /q/orders.eu", null, key).IsAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public void Reload_RulesRemoved_KeepsRules()
    {
        var settings = new Settings();
        settings.Be(Shop);
        using var store = new AccessStore(new ConfigurationRoot([settings]), Substitute.For<IHostEnvironment>(), NullLogger<AccessStore>.Instance);
        settings.Be();
        store.Rules.OfKey("s3cret").Should().NotBeNull();
        settings.Be([.. Shop, ("Access:Keys:0:Secret", "another")]);
        store.Rules.OfKey("s3cret").Should().BeNull("restored rules are read again");
    }

    [Fact]
    public async Task Start_WithKeys_HasNoDataProtection()
    {
        await using var host = new SampleHost(Shop);
        host.Services.GetService<IDataProtectionProvider>().Should().BeNull(
            "Data Protection writes keys to the user's home, and warns that they are not encrypted there");
    }

    [Fact]
    public void Start_InvalidSettings_ReportsAll()
    {
        var start = () => new SampleHost(
            ("Access:Keys:0:Name", "a"), ("Access:Keys:0:Roles:0", "boss"), ("Access:Keys:1:Secret", "x"), ("Access:Users:0:Name", "u"),
            ("Access:Users:0:Sha256", "abc"), ("Access:Users:0:Roles:0", "admin"), ("Access:Networks:Rest:Allow:0", "300.1"), ("Access:Anonymous:0", "3"));
        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().Equal(
            "Access:Keys:0 must have exactly one of Secret and Sha256.",
            "Access:Keys:1:Name must not be empty.",
            "Access:Keys:1:Roles must have at least one of produce, consume, stream and admin, but is empty.",
            "Access:Users:0:Sha256 must be 64 hexadecimal digits, but is not.",
            "Access:Anonymous must hold roles (produce, consume, stream, admin), but holds '3'.",
            "Access:Networks must hold categories (RestProducer, RestConsumer, CometConsumer, WebSocketConsumer, Admin), but holds 'Rest'.",
            "Access:Networks:Rest:Allow must hold networks (all, an address, 10.0.0.0/8, or a prefix such as 10.1.), but holds '300.1'.");
        var misspelt = () => new SampleHost(("Access:Kyes:0:Name", "a"));
        misspelt.Should().Throw<OptionsValidationException>().WithMessage("*Kyes*");
    }

    private static Task<System.Net.WebSockets.WebSocket> OpenAsync(SampleHost host) =>
        host.Server.CreateWebSocketClient().ConnectAsync(new Uri(host.Server.BaseAddress, "/c/a"), Request.Deadline);

    private sealed class LogOfStore : ILogger<AccessStore>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }

    private sealed class Settings : ConfigurationProvider
    {
        public void Be(params (string Name, string Value)[] settings)
        {
            Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, value) in settings) Data[name] = value;
            OnReload();
        }
    }

    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
