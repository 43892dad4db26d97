using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>
/// What the frames of a WebSocket's client do: each is a command of the JSON protocol, of the socket's queue unless it names another, and a request
/// to the site's rate limiter (its global one; the policies of single endpoints cannot be asked).
/// </summary>
internal sealed class FrameCommands(HttpContext context, QueueName queue, CommandDispatcher dispatcher, AccessControl access)
{
    private readonly Func<RestMqRole, QueueName?, ValueTask> _guard = access.LateGuard(context);
    private readonly PartitionedRateLimiter<HttpContext>? _limiter = LimiterOf(context);

    /// <summary>Does a command.</summary>
    /// <param name="command">The command, in UTF-8.</param>
    /// <param name="ended">Ends the wait for the limiter; a command that was begun is done.</param>
    /// <exception cref="Problem">Its sender may not, or sends too many.</exception>
    public async ValueTask<CommandReply> DoAsync(ReadOnlyMemory<byte> command, CancellationToken ended)
    {
        using var permit = _limiter is null ? null : await _limiter.AcquireAsync(context, 1, ended);
        if (permit is { IsAcquired: false })
        {
            var when = permit.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? $"in {Math.Ceiling(wait.TotalSeconds)} s" : "later";
            throw Problem.TooManyRequests($"too many requests: this command was not done; send it again {when}");
        }
        return await dispatcher.DispatchAsync(command, queue, CommandScope.Messages, _guard, CancellationToken.None);
    }

    private static PartitionedRateLimiter<HttpContext>? LimiterOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null ? null
        : context.RequestServices.GetService<IOptions<RateLimiterOptions>>()?.Value.GlobalLimiter;
}
