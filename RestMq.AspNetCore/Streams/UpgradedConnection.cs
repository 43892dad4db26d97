using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RestMq.Streams;

/// <summary>
/// Keeps the connection of a WebSocket, so that it can end without a reset. The operating system resets a connection
/// that is closed while received bytes are unread, and the reset discards a close frame that the client has not read.
/// </summary>
internal sealed class UpgradedConnection(IHttpUpgradeFeature upgrade) : IHttpUpgradeFeature
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1);

    private Stream? _stream;

    public bool IsUpgradableRequest => upgrade.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync() => _stream = await upgrade.UpgradeAsync();

    /// <summary>Keeps the connections of later upgrades. It must come before <c>UseWebSockets()</c>.</summary>
    public static void Use(IApplicationBuilder app) => app.Use(next => context =>
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
            context.Features.Set<IHttpUpgradeFeature>(new UpgradedConnection(upgrade));
        return next(context);
    });

    /// <summary>
    /// Reads and discards what the client still sends after the host's close frame, until it sends nothing for 100 ms,
    /// for at most 1 second. Over HTTP/2 there is nothing to do, because a stream ends without a reset of its frames.
    /// </summary>
    public static async Task DrainAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not UpgradedConnection { _stream: { } stream }) return;
        var buffer = new byte[16 * 1024];
        using var most = new CancellationTokenSource(Most);
        try
        {
            while (true)
            {
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(most.Token);
                quiet.CancelAfter(Quiet);
                if (await stream.ReadAsync(buffer, quiet.Token) == 0) return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client is quiet, or has disconnected.
        }
    }
}
