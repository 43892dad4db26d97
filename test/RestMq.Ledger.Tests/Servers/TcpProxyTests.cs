using System.Net;
using System.Net.Sockets;
using RestMq.TestUtilities;

namespace RestMq.Ledger.Servers;

/// <summary>Tests what each mode of the proxy does to both ends of a connection.</summary>
public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private TcpProxy _proxy = null!;
    private Socket _near = null!;
    private Socket _far = null!;

    public async Task InitializeAsync()
    {
        _server.Start();
        _proxy = new TcpProxy(((IPEndPoint)_server.LocalEndpoint).Port);
        _near = await ConnectAsync();
        _far = await _server.AcceptSocketAsync();
    }

    public async Task DisposeAsync()
    {
        _near.Dispose();
        _far.Dispose();
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Stall_BothDirections_DeliversAfterOpen()
    {
        _proxy.Set(ProxyMode.Stall);
        await _near.SendAsync(new byte[] { 1 });
        await _far.SendAsync(new byte[] { 2 });
        (await ReadAsync(_far)).Should().BeNull();
        (await ReadAsync(_near)).Should().BeNull();
        _proxy.Set(ProxyMode.Open);
        (await ReadAsync(_far, TimeSpan.FromSeconds(10))).Should().Be(1);
        (await ReadAsync(_near, TimeSpan.FromSeconds(10))).Should().Be(2);
    }

    [Fact]
    public async Task Stall_OneDirection_OtherDirectionPasses()
    {
        _proxy.Set(toServer: ProxyMode.Open, toClient: ProxyMode.Stall);
        await _near.SendAsync(new byte[] { 1 });
        await _far.SendAsync(new byte[] { 2 });
        (await ReadAsync(_far, TimeSpan.FromSeconds(10))).Should().Be(1);
        (await ReadAsync(_near)).Should().BeNull();
    }

    [Fact]
    public async Task Stall_NewConnection_ConnectsAfterOpen()
    {
        _proxy.Set(ProxyMode.Stall);
        using var late = await ConnectAsync();
        var accepting = _server.AcceptSocketAsync();
        await Task.Delay(Quiet);
        accepting.IsCompleted.Should().BeFalse();
        _proxy.Set(ProxyMode.Open);
        (await accepting.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    [Fact]
    public async Task Drop_ThenOpen_DiscardsBytesAndResets()
    {
        _proxy.Set(ProxyMode.Drop);
        await _near.SendAsync(new byte[] { 1 });
        (await ReadAsync(_far)).Should().BeNull();
        _proxy.Set(ProxyMode.Open);
        await BreaksAsync(_near);
        await BreaksAsync(_far);
    }

    [Fact]
    public async Task Reset_AnyConnection_BreaksBothEnds()
    {
        _proxy.Set(ProxyMode.Reset);
        await BreaksAsync(_near);
        await BreaksAsync(_far);
        // The reset may come before ConnectAsync returns.
        await FluentActions.Awaiting(async () => await ReadAsync(await ConnectAsync(), TimeSpan.FromSeconds(10))).Should().ThrowAsync<SocketException>();
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return socket;
    }

    private static async Task<byte?> ReadAsync(Socket socket, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Quiet);
        var one = new byte[1];
        try
        {
            return await socket.ReceiveAsync(one, deadline.Token) == 1 ? one[0] : throw new EndOfStreamException();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task BreaksAsync(Socket socket) =>
        await FluentActions.Awaiting(() => ReadAsync(socket, TimeSpan.FromSeconds(10))).Should().ThrowAsync<SocketException>();
}
