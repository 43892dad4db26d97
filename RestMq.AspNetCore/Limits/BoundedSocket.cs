using System.Net.WebSockets;

namespace RestMq.Limits;

/// <summary>
/// Limits what the client of a WebSocket may cost. A message must arrive within <see cref="HostLimits.SocketMessageTimeout"/>
/// of its first byte and within the host's budget for bodies. A client that does not read is cut after
/// <see cref="HostLimits.StreamWriteTimeout"/>.
/// </summary>
/// <param name="socket">The WebSocket, which this object disposes.</param>
/// <param name="limits">The limits; null for none.</param>
internal sealed class BoundedSocket(WebSocket socket, HostLimits? limits) : WebSocket
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly BodyCharge? _charge = limits is null ? null : new BodyCharge(limits);
    private long _began; // A timestamp; 0 between messages.
    private long _received;

    public override WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public override string? CloseStatusDescription => socket.CloseStatusDescription;

    public override WebSocketState State => socket.State;

    public override string? SubProtocol => socket.SubProtocol;

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_received == 0) _charge?.Dispose(); // The last message has been carried out.
        var reading = socket.ReceiveAsync(buffer, cancellationToken);
        var received = reading.IsCompleted || limits is null || _began == 0 ? await reading : await InTimeAsync(reading);
        if (received.MessageType == WebSocketMessageType.Close) return received;

        _received = received.EndOfMessage ? 0 : _received + received.Count;
        _began = received.EndOfMessage ? 0 : _began == 0 ? TimeProvider.System.GetTimestamp() : _began;
        if (_charge?.TryGrow(_received) is false)
        {
            throw await CutAsync(
                WebSocketCloseStatus.EndpointUnavailable, "The host holds as many bytes of requests as it may. Try again later.");
        }
        // Empty fragments without end would never wait for the client.
        return _began == 0 || limits is null || TimeProvider.System.GetElapsedTime(_began) < limits.SocketMessageTimeout
            ? received
            : throw await CutLateAsync(limits);
    }

    public override ValueTask SendAsync(
        ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        var sending = socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);
        return sending.IsCompleted || limits is null ? sending : InTimeAsync(sending);
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var received = await ReceiveAsync(buffer.AsMemory(), cancellationToken);
        return new WebSocketReceiveResult(received.Count, received.MessageType, received.EndOfMessage, CloseStatus, CloseStatusDescription);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        socket.CloseAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Abort() => socket.Abort();

    public override void Dispose()
    {
        _charge?.Dispose();
        socket.Dispose();
    }

    private async Task<ValueWebSocketReceiveResult> InTimeAsync(ValueTask<ValueWebSocketReceiveResult> reading)
    {
        var task = reading.AsTask();
        var left = limits!.SocketMessageTimeout - TimeProvider.System.GetElapsedTime(_began);
        try
        {
            return await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
        catch (TimeoutException)
        {
            throw await CutLateAsync(limits);
        }
    }

    private Task<WebSocketException> CutLateAsync(HostLimits reached)
    {
        reached.Reached("socket_message_time");
        return CutAsync(WebSocketCloseStatus.PolicyViolation, $"A message must arrive within {reached.SocketMessageTimeout.TotalSeconds} seconds.");
    }

    private async ValueTask InTimeAsync(ValueTask sending)
    {
        var task = sending.AsTask();
        try
        {
            await task.WaitAsync(limits!.StreamWriteTimeout);
        }
        catch (TimeoutException)
        {
            limits!.Reached("stream_write_time");
            socket.Abort();
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new WebSocketException(
                WebSocketError.ConnectionClosedPrematurely, $"The client must read within {limits.StreamWriteTimeout.TotalSeconds} seconds, but did not.");
        }
    }

    // A close frame tells the client why. The socket is aborted even if the client does not read it.
    private async Task<WebSocketException> CutAsync(WebSocketCloseStatus status, string reason)
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(status, reason, timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The connection has ended, or the client does not read.
        }
        socket.Abort();
        return new WebSocketException(WebSocketError.ConnectionClosedPrematurely, reason);
    }
}
