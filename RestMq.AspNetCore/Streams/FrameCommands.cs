using System.Buffers;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Access;
using RestMq.Http;

namespace RestMq.Streams;

/// <summary>
/// Carries out the frames of a WebSocket's client. Each frame is a command of the JSON protocol, for the socket's queue
/// unless the command names another. Each counts as a request to the site's global rate limiter. Rate limit policies of
/// single endpoints cannot be applied here, because ASP.NET Core does not expose them.
/// </summary>
/// <param name="context">The request that opened the WebSocket.</param>
/// <param name="queue">The queue of the stream.</param>
/// <param name="dispatcher">Carries out commands.</param>
/// <param name="access">Checks the sender.</param>
/// <param name="addsText">Whether a text that is no JSON object is a message to add.</param>
internal sealed class FrameCommands(HttpContext context, QueueName queue, CommandDispatcher dispatcher, AccessControl access, bool addsText)
{
    private readonly Func<RestMqRole, QueueName?, ValueTask> _guard = access.LateGuard(context);
    private readonly PartitionedRateLimiter<HttpContext>? _limiter = LimiterOf(context);

    /// <summary>Carries out a command.</summary>
    /// <param name="command">The command, in UTF-8.</param>
    /// <param name="ended">Ends the wait for the rate limiter. A command that has begun is completed.</param>
    /// <exception cref="Problem">The sender may not do this, or sends too many commands.</exception>
    public async ValueTask<CommandReply> DoAsync(ReadOnlyMemory<byte> command, CancellationToken ended)
    {
        using var permit = _limiter is null ? null : await _limiter.AcquireAsync(context, 1, ended);
        if (permit is { IsAcquired: false })
        {
            var when = permit.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? $"in {Math.Ceiling(wait.TotalSeconds)} s" : "later";
            throw Problem.TooManyRequests(
                "too many requests: this command exceeds the host's rate limit and was not done. "
                + $"Send it again {when}.");
        }
        if (!IsObject(command))
        {
            if (!addsText)
            {
                throw Problem.BadRequest(
                    """A command must be a JSON object, such as {"cmd":"add","value":"foobar"}. """
                    + "To add plain text as messages, open the WebSocket with ?echo=1.");
            }
            command = AddOf(command);
        }
        return await dispatcher.DispatchAsync(command, queue, CommandScope.Messages, _guard, CancellationToken.None);
    }

    // Parses a second time only what cannot be a JSON object, or seems to be one where texts are added.
    private bool IsObject(ReadOnlyMemory<byte> text)
    {
        if (text.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..]) return false;
        if (!addsText) return true; // The dispatcher reports what is wrong in it.
        try
        {
            var reader = new Utf8JsonReader(text.Span);
            reader.Read();
            reader.Skip();
            return !reader.Read(); // Throws when something follows the object.
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> AddOf(ReadOnlyMemory<byte> text)
    {
        var json = new ArrayBufferWriter<byte>(text.Length + 64);
        JsonText.Write(json, text, static (writer, value) =>
        {
            writer.WriteStartObject();
            writer.WriteString("cmd", "add");
            writer.WriteString("value", value.Span);
            writer.WriteEndObject();
        });
        return json.WrittenMemory;
    }

    private static PartitionedRateLimiter<HttpContext>? LimiterOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null ? null
        : context.RequestServices.GetService<IOptions<RateLimiterOptions>>()?.Value.GlobalLimiter;
}
