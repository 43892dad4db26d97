namespace RestMq.EndToEnd.Bugs;

/// <summary>Tests the promises of the original's ACL file that it did not keep. Each test runs its own host.</summary>
public sealed class AccessBugTests
{
    private static readonly string[] User =
    [
        "--Access:Users:0:Name=lero", "--Access:Users:0:Secret=secret", "--Access:Users:0:Roles:0=produce", "--Access:Users:0:Roles:1=stream",
        "--Access:Anonymous:0=consume",
    ];

    // Bug 52 of the original.
    [Fact]
    public async Task Add_UnknownUser_Returns401WithBasicChallenge()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, User);
        var unknown = (await host.AskAsync("POST /q/acl", "value=x")).Is(401);
        unknown.All("WWW-Authenticate").Should().Contain(challenge => challenge.StartsWith("Basic realm="));
        (await host.AskAsync("POST /q/acl", "value=x", "Authorization: Basic bGVybzp3cm9uZw==")).Is(401);
        (await host.AskAsync("POST /q/acl", "value=x", "Authorization: Basic bGVybzpzZWNyZXQ=")).Is(200).Text.Should().Be("acl:1\r\n");
        (await host.AskAsync("GET /q/acl")).Is(200);
    }

    // Bug 53 of the original.
    [Fact]
    public async Task WebSocket_WithoutCredentials_Returns401()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, User);
        string[] upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
        (await host.AskAsync("GET /ws/acl", "", upgrade)).Is(401);
        await using var connection = await host.ConnectAsync();
        await connection.SendAsync(RawRequest.Write("GET /ws/acl", "", [.. upgrade, "Authorization: Basic bGVybzpzZWNyZXQ="]));
        (await connection.ReadHeadAsync()).Is(101);
    }

    // Bug 54 of the original.
    [Fact]
    public async Task Take_AllNetworksDenied_Returns403()
    {
        await using var host = await RestMqHost.StartAsync(StoreKind.Memory, null, "--Access:Networks:RestConsumer:Deny:0=all", "--Access:Networks:RestProducer:Deny:0=10.");
        (await host.AskAsync("GET /q/acl")).Is(403);
        (await host.AskAsync("POST /q/acl", "value=x")).Is(200);
    }
}
