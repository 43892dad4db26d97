namespace RestMq.Conformance.Bugs;

/// <summary>What the original's ACL file promised and did not do, on hosts of their own.</summary>
public sealed class AccessBugTests
{
    private static readonly string[] User =
    [
        "--Access:Users:0:Name=lero", "--Access:Users:0:Secret=secret", "--Access:Users:0:Roles:0=produce", "--Access:Users:0:Roles:1=stream",
        "--Access:Anonymous:0=consume",
    ];

    [Fact]
    public async Task Bug52_a_browser_is_asked_for_a_password()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, User);
        var unknown = (await host.AskAsync("POST /q/acl", "value=x")).Is(401);
        unknown.All("WWW-Authenticate").Should().Contain(challenge => challenge.StartsWith("Basic realm="));
        (await host.AskAsync("POST /q/acl", "value=x", "Authorization: Basic bGVybzp3cm9uZw==")).Is(401);
        (await host.AskAsync("POST /q/acl", "value=x", "Authorization: Basic bGVybzpzZWNyZXQ=")).Is(200).Text.Should().Be("acl:1\r\n");
        (await host.AskAsync("GET /q/acl")).Is(200);
    }

    [Fact]
    public async Task Bug53_a_WebSocket_needs_what_its_category_needs()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, User);
        string[] upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
        (await host.AskAsync("GET /ws/acl", "", upgrade)).Is(401);
        await using var connection = await host.ConnectAsync();
        await connection.SendAsync(RawRequest.Write("GET /ws/acl", "", [.. upgrade, "Authorization: Basic bGVybzpzZWNyZXQ="]));
        (await connection.ReadHeadAsync()).Is(101);
    }

    [Fact]
    public async Task Bug54_all_denies_all()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--Access:Networks:RestConsumer:Deny:0=all", "--Access:Networks:RestProducer:Deny:0=10.");
        (await host.AskAsync("GET /q/acl")).Is(403);
        (await host.AskAsync("POST /q/acl", "value=x")).Is(200);
    }
}
