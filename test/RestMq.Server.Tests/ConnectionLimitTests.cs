using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static RestMq.Deadline;

namespace RestMq.Server;

/// <summary>Tests how many connections the host accepts.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("Site:MaxConnectionsPerAddress", "127.0.0.2", true)]
    [InlineData("Site:MaxConnections", "127.0.0.2", false)]
    public async Task Connect_BeyondTheLimit_IsClosedUntilAnotherLeaves(string setting, string other, bool otherIsServed)
    {
        await using var host = SampleHost.OverKestrel((setting, "2"));
        var port = host.Client.BaseAddress!.Port;
        var (first, second) = (await ConnectAsync(port), await ConnectAsync(port));
        (await IsServedAsync(first), await IsServedAsync(second)).Should().Be((true, true));

        (await IsServedAsync(port)).Should().BeFalse();
        (await IsServedAsync(port, other)).Should().Be(otherIsServed);

        first.Dispose();
        await UntilAsync(async () => await IsServedAsync(port));
        second.Dispose();
    }

    [Theory]
    [InlineData("Site:KnownProxies:0", "127.0.0.0/8"), InlineData("Site:MaxConnectionsPerAddress", "0")]
    public async Task Connect_ProxyOrNoLimit_IsServed(string setting, string value)
    {
        await using var host = SampleHost.OverKestrel(("Site:MaxConnectionsPerAddress", "1"), (setting, value));
        var port = host.Client.BaseAddress!.Port;
        Socket[] all = [await ConnectAsync(port), await ConnectAsync(port), await ConnectAsync(port)];

        foreach (var socket in all) (await IsServedAsync(socket)).Should().BeTrue();
        foreach (var socket in all) socket.Dispose();
    }

    [Fact]
    public async Task Start_WithoutSettings_HasLimits()
    {
        await using var host = SampleHost.OverKestrel();
        var limits = host.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.MaxConcurrentConnections.Should().BeInRange(1000, 50_000);
        limits.MaxConcurrentUpgradedConnections.Should().Be(limits.MaxConcurrentConnections);
        limits.MinRequestBodyDataRate!.BytesPerSecond.Should().Be(240);
    }

    private static async Task<Socket> ConnectAsync(int port, string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<bool> IsServedAsync(int port, string from = "127.0.0.1")
    {
        try
        {
            return await IsServedAsync(await ConnectAsync(port, from));
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // A closed connection may fail the send or the receive.
    private static async Task<bool> IsServedAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /q/empty HTTP/1.1\r\nHost: x\r\n\r\n"));
            return await Within(socket.ReceiveAsync(new byte[1000])) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition()) await Task.Delay(50, deadline.Token);
    }
}
