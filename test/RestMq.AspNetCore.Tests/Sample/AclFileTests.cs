using System.Net;
using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;
using RestMq.Access;
using RestMq.Sample.Access;

namespace RestMq.Sample;

/// <summary>The original's ACL file, read as it is.</summary>
public sealed class AclFileTests : IDisposable
{
    // What came with the original, its examples without their #.
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
    public async Task Its_own_example_means_what_it_says(string line, string? authorization, string address, HttpStatusCode status)
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
    [InlineData("Cookie", "auth=lerr:lerr", "10.0.0.1", "https://evil.example", 401)]
    public async Task A_WebSocket_has_its_section_and_its_cookie(string header, string value, string address, string? origin, int status)
    {
        await using var host = Host(Example);
        var client = host.Server.CreateWebSocketClient();
        client.ConfigureRequest = request =>
        {
            request.Headers[header] = value;
            request.Headers[Addressed.Header] = address;
            request.Headers.Upgrade = "websocket"; // Which a socket would send, and this client implies.
            if (origin is not null) request.Headers.Origin = origin;
        };
        var open = () => client.ConnectAsync(new Uri(host.Server.BaseAddress, "/ws/a"), Request.Deadline);
        if (status == 101) (await open()).State.Should().Be(WebSocketState.Open);
        else (await open.Should().ThrowAsync<InvalidOperationException>()).WithMessage($"*{status}*");
    }

    [Fact]
    public async Task The_cookie_is_for_WebSockets_alone()
    {
        await using var host = Host(Example);
        await host.SendAsync("POST /q/a", "value=x", ("Cookie", "auth=lero:lero")).IsAsync(HttpStatusCode.Unauthorized);
        await host.SendAsync("GET /c/a", null, ("Cookie", "auth=lero:lero")).IsAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task What_asks_for_no_password_stays_open_unless_the_settings_have_callers_of_their_own()
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
    public async Task Hosts_alone_keep_administering_on_this_machine_or_where_producers_are_let_in()
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
    public void A_broken_one_ends_the_start_with_all_lines_that_are_wrong()
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
            "acl.conf, line 1: hosts_allow is in no section: begin with [rest:producer] or another.",
            "acl.conf, line 5: there is no [rest:consumers]: there are [rest:producer], [rest:consumer], [comet:consumer], [websocket:consumer].",
            "acl.conf, line 7: 'user = x' is none of hosts_allow, hosts_deny, username, password, with = and a value, nor a [section].",
            "acl.conf, line 8: 'just words' is none of hosts_allow, hosts_deny, username, password, with = and a value, nor a [section].",
            "acl.conf, line 9: password is empty.",
            "acl.conf, line 13: password is there twice.",
            "acl.conf, line 19: [comet:consumer] is there twice.",
            "acl.conf, line 18: [sse:consumer] and [comet:consumer] are one here, and say different: make hosts_allow the same in both.",
            "acl.conf, line 3: 'example.org' is no network: give all, an address, 10.0.0.0/8, or a beginning such as 10.1.",
            "acl.conf, line 4: username and password go together.",
            "acl.conf, line 16: lero has another password above; a user has one.");
        start = () => Host("# nothing yet\n");
        start.Should().Throw<OptionsValidationException>().WithMessage("*has no section*");
        start = () => new SampleHost(("Access:AclFile", "/nowhere/acl.conf"));
        start.Should().Throw<OptionsValidationException>().WithMessage("*Access:AclFile*/nowhere/acl.conf*");
    }

    [Fact]
    public async Task It_is_read_again_when_it_changes_and_a_broken_one_changes_nothing()
    {
        File.WriteAllText(_file, "[rest:producer]\nusername = lero\npassword = one\n");
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Access:AclFile", Path.GetFileName(_file))]).Build();
        var environment = Substitute.For<IHostEnvironment>();
        environment.ContentRootPath.Returns(Path.GetDirectoryName(_file));
        var log = new Log();
        using var store = new AccessStore(settings, environment, log);
        store.Rules.OfUser("lero", "one").Should().NotBeNull();

        (await ChangedAsync("[rest:producer]\nusername = lero\n")).Should().Contain("acl.conf, line 2: username and password go together.");
        store.Rules.OfUser("lero", "one").Should().NotBeNull();
        (await ChangedAsync("")).Should().Contain("has no section", "a file that is being written opens nothing");
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
