using System.Net;
using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Server.Access;

namespace RestMq.Server;

/// <summary>Tests that the original's ACL file is read without changes.</summary>
public sealed class AclFileTests : IDisposable
{
    // The file that the original ships, with its commented examples enabled.
    private const string Example = """
        # RestMQ ACL
        #
        # When there's no hosts_allow or hosts_deny, the default
        # behavior is to allow all incoming connections.

        [rest:producer]
        hosts_allow = 127.0.0.1 192.168.0.7
        hosts_deny = all
        username = lero
        password = lero

        [rest:consumer]
        hosts_allow = 127.0.0.1
        #hosts_deny = 192.168.0.
        username = zz
        password = bla

        [comet:consumer]
        hosts_allow = 127.0.0.1
        hosts_deny = all
        username = lero
        password = lero

        [websocket:consumer]
        hosts_allow = all
        hosts_deny = 192.168.0.
        username = lerr
        password = lerr
        """;

    private const string Lero = "Basic bGVybzpsZXJv";
    private const string Zz = "Basic eno6Ymxh";
    private const string Lerr = "Basic bGVycjpsZXJy";

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "acl.conf");

    [Theory]
    [InlineData("POST /q/a", Lero, "127.0.0.1", HttpStatusCode.OK)]
    [InlineData("POST /q/a", Lero, "192.168.0.7", HttpStatusCode.OK)]
    [InlineData("POST /q/a", Lero, "192.168.0.8", HttpStatusCode.Forbidden)]
    [InlineData("POST /q/a", Zz, "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("POST /q/a", null, "127.0.0.1", HttpStatusCode.Unauthorized)]
    [InlineData("DELETE /q/a", Lero, "192.168.0.7", HttpStatusCode.OK)]
    [InlineData("DELETE /q/a", Zz, "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("GET /q/a", Zz, "127.0.0.1", HttpStatusCode.NoContent)]
    [InlineData("GET /q/a", Zz, "10.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("GET /q/a", Lero, "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("GET /c/a", Lero, "127.0.0.1", HttpStatusCode.OK)]
    [InlineData("GET /c/a", Lero, "192.168.0.7", HttpStatusCode.Forbidden)]
    [InlineData("GET /c/a", Lerr, "127.0.0.1", HttpStatusCode.Forbidden)]
    public async Task AclFile_OriginalExample_IsEnforced(
        string line, string? authorization, string address, HttpStatusCode status)
    {
        await using var host = Host(Example);
        var request = Request.Of(line, line.StartsWith("POST") ? "value=x" : null, (Addressed.Header, address));
        if (authorization is not null) request.Headers.Add("Authorization", authorization);
        using var reply = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        reply.StatusCode.Should().Be(status);
    }

    [Theory]
    [InlineData("Authorization", Lerr, "10.0.0.1", null, 101)]
    [InlineData("Authorization", Lerr, "192.168.0.9", null, 403)]
    [InlineData("Authorization", Lero, "10.0.0.1", null, 403)]
    [InlineData("Cookie", "auth=lerr:lerr", "10.0.0.1", null, 101)]
    [InlineData("Cookie", "auth=lerr:lero", "10.0.0.1", null, 401)]
    [InlineData("Cookie", "auth=lerr:lerr", "10.0.0.1", "https://evil.example", 403)]
    public async Task WebSocket_OwnSectionAndCookie_AreEnforced(
        string header, string value, string address, string? origin, int status)
    {
        await using var host = Host(Example);
        var client = host.Server.CreateWebSocketClient();
        client.ConfigureRequest = request =>
        {
            request.Headers[header] = value;
            request.Headers[Addressed.Header] = address;
            request.Headers.Upgrade = "websocket"; // A real client sends this header. The test client does not.
            if (origin is not null) request.Headers.Origin = origin;
        };
        var open = () => client.ConnectAsync(new Uri(host.Server.BaseAddress, "/ws/a"), Request.Deadline);
        if (status == 101) (await open()).State.Should().Be(WebSocketState.Open);
        else (await open.Should().ThrowAsync<InvalidOperationException>()).WithMessage($"*{status}*");
    }

    [Fact]
    public async Task Cookie_OutsideWebSocket_IsIgnored()
    {
        await using var host = Host(Example);
        await host.SendAsync("POST /q/a", "value=x", ("Cookie", "auth=lero:lero")).IsAsync(HttpStatusCode.Unauthorized);
        await host.SendAsync("GET /c/a", null, ("Cookie", "auth=lero:lero")).IsAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task AclFile_SectionWithoutPassword_IsOpenUnlessKeysAreSet()
    {
        const string text = "[rest:producer]\nusername: lero\npassword: lero ; as there\n[rest:consumer]\n[sse:consumer]\n";
        await using var host = Host(text);
        await host.SendAsync("GET /q/a").IsAsync(HttpStatusCode.NoContent);
        await host.SendAsync("POST /q/a", "value=x").IsAsync(HttpStatusCode.Unauthorized);
        await host.SendAsync("POST /q/a", "value=x", ("Authorization", Lero)).IsAsync(HttpStatusCode.OK);

        await using var keyed = Host(text, ("Access:Keys:0:Name", "worker"), ("Access:Keys:0:Secret", "w0rk"), ("Access:Keys:0:Roles:0", "consume"));
        await keyed.SendAsync("GET /q/a").IsAsync(HttpStatusCode.Unauthorized);
        await keyed.SendAsync("GET /q/a", null, ("X-Api-Key", "w0rk")).IsAsync(HttpStatusCode.NoContent);
        await keyed.SendAsync("POST /q/a", "value=x", ("Authorization", Lero)).IsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Admin_HostRulesOnly_IsForLocalOrProducerHosts()
    {
        await using var denied = Host("[rest:producer]\nhosts_deny = 10.\n[rest:consumer]\nhosts_deny = all\n");
        await denied.SendAsync("GET /q/a").IsAsync(HttpStatusCode.Forbidden);
        await denied.SendAsync("POST /q/a", "value=x", (Addressed.Header, "10.0.0.1")).IsAsync(HttpStatusCode.Forbidden);
        await denied.SendAsync("POST /q/a", "value=x", (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.OK);
        await denied.SendAsync("DELETE /q/a", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.Unauthorized);
        await denied.SendAsync("DELETE /q/a").IsAsync(HttpStatusCode.OK);

        await using var allowed = Host("[rest:producer]\nhosts_allow = 192.0.2.\n", ("Access:Networks:restconsumer:Deny:0", "all"));
        await allowed.SendAsync("DELETE /q/a", null, (Addressed.Header, Site.Remote)).IsAsync(HttpStatusCode.OK);
        await allowed.SendAsync("DELETE /q/a").IsAsync(HttpStatusCode.Forbidden);
        await allowed.SendAsync("GET /q/a").IsAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public void Start_BrokenAclFile_ReportsAllLines()
    {
        var start = () => Host("""
            hosts_allow = all
            [rest:producer]
            hosts_allow = 127.0.0.1 example.org
            username = lero
            [rest:consumers]
            [rest:consumer]
            user = x
            just words
            password =
            [comet:consumer]
            username = lero
            password = lero
            password = again
            [websocket:consumer]
            username = lero
            password = other
            [sse:consumer]
            hosts_allow = 10.
            [comet:consumer]
            """);
        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().Equal(
            "acl.conf, line 1: hosts_allow must be in a section, but no section precedes it. Add one, such as [rest:producer].",
            "acl.conf, line 5: a section must be one of [rest:producer], [rest:consumer], [comet:consumer], [websocket:consumer], but is [rest:consumers].",
            "acl.conf, line 7: a line must be a [section], or one of hosts_allow, hosts_deny, username, password with = and a value, but is 'user = x'.",
            "acl.conf, line 8: a line must be a [section], or one of hosts_allow, hosts_deny, username, password with = and a value, but is 'just words'.",
            "acl.conf, line 9: password must not be empty.",
            "acl.conf, line 13: password must appear once in a section, but appears again.",
            "acl.conf, line 19: [comet:consumer] must appear once, but appears again.",
            "acl.conf, line 18: hosts_allow must be the same in [sse:consumer] and [comet:consumer], but differs. One route serves both.",
            "acl.conf, line 3: hosts must be networks (all, an address, 10.0.0.0/8, or a prefix such as 10.1.), but one is 'example.org'.",
            "acl.conf, line 4: username and password must be given together, but one is missing.",
            "acl.conf, line 16: a user must have the same password in every section, but lero has another one above.");
        start = () => Host("# nothing yet\n");
        start.Should().Throw<OptionsValidationException>().WithMessage("*must have a section*");
        start = () => new SampleHost(("Access:AclFile", "/nowhere/acl.conf"));
        start.Should().Throw<OptionsValidationException>().WithMessage("*Access:AclFile*/nowhere/acl.conf*");
    }

    [Fact]
    public async Task Reload_AclFile_AppliesUnlessBroken()
    {
        File.WriteAllText(_file, "[rest:producer]\nusername = lero\npassword = one\n");
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Access:AclFile", Path.GetFileName(_file))]).Build();
        var environment = Substitute.For<IHostEnvironment>();
        environment.ContentRootPath.Returns(Path.GetDirectoryName(_file));
        var log = new Log();
        using var store = new AccessStore(settings, environment, log);
        store.Rules.OfUser("lero", "one").Should().NotBeNull();

        (await ChangedAsync("[rest:producer]\nusername = lero\n")).Should().Contain("acl.conf, line 2: username and password must be given together, but one is missing.");
        store.Rules.OfUser("lero", "one").Should().NotBeNull();
        (await ChangedAsync("")).Should().Contain("must have a section",
            "a file that is being written must not open the queues");
        (await ChangedAsync("[rest:producer]\nusername = lero\npassword = two\n")).Should().Contain("read again");
        store.Rules.OfUser("lero", "one").Should().BeNull();
        store.Rules.OfUser("lero", "two").Should().NotBeNull();

        async Task<string> ChangedAsync(string text)
        {
            await File.WriteAllTextAsync(_file, text);
            return await log.Lines.ReadAsync(Request.Deadline);
        }
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    private SampleHost Host(string acl, params (string Name, string Value)[] settings)
    {
        File.WriteAllText(_file, acl);
        return new SampleHost([("Access:AclFile", _file), .. settings]);
    }

    private sealed class Log : ILogger<AccessStore>
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public ChannelReader<string> Lines => _lines.Reader;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Writer.TryWrite(formatter(state, exception));
    }
}
