using System.Globalization;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.Logging;
using RestMq.Client.Wire;

namespace RestMq.Client.Streams;

/// <summary>
/// Reads a queue's live messages and reconnects after a lost connection. Each connection resumes after the last message
/// of the connection before. The first pause is the one that the host asks for, and each loss doubles it. Pauses are
/// randomized, so that not all consumers of a restarted host reconnect at once. The doubling starts over after a
/// message, and after a connection that lasted at least <see cref="ConsumeOptions.MaxReconnectDelay"/>.
/// </summary>
internal sealed partial class LiveStream(
    Func<HttpClient> http, Uri? root, string address, ConsumeOptions options, TimeSpan replyTimeout, TimeProvider time, ILogger logger,
    CancellationToken ended)
    : IAsyncDisposable
{
    private const string EventStream = "text/event-stream";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private Connection? _connection;
    private string? _lastId = options.ResumeAfter?.ToString(CultureInfo.InvariantCulture);
    private TimeSpan _pause = FirstPause;
    private int _losses;
    private long _missed;

    /// <summary>Returns the next message and waits for it without a time limit.</summary>
    /// <exception cref="RestMqClientException">The host refuses the stream, and would refuse it again.</exception>
    public async ValueTask<WireMessage> NextAsync()
    {
        while (true)
        {
            Exception? loss = null;
            try
            {
                _connection ??= await ConnectAsync().ConfigureAwait(false);
                if (await _connection.Events.MoveNextAsync().ConfigureAwait(false))
                {
                    if (Read(_connection) is { } message) return message;
                    continue;
                }
            }
            catch (Exception e) when (IsPassing(e))
            {
                loss = e;
            }
            await LeaveAsync().ConfigureAwait(false);
            await PauseAsync(loss).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => LeaveAsync();

    private WireMessage? Read(Connection connection)
    {
        var item = connection.Events.Current;
        _lastId = item.EventId ?? _lastId;
        _pause = connection.Parser.ReconnectionInterval is { Ticks: > 0 } asked ? asked : _pause;
        if (item.EventType == "missed")
        {
            _missed += long.Parse(item.Data, CultureInfo.InvariantCulture);
            return null;
        }
        var message = MessageReader.Read(item.Data);
        (message.Missed, _missed, _losses) = (_missed, 0, 0);
        return message;
    }

    private async Task<Connection> ConnectAsync()
    {
        var client = http();
        using var request = new HttpRequestMessage(HttpMethod.Get, Address.In(root ?? client.BaseAddress, new Uri(address, UriKind.Relative)));
        request.Headers.TryAddWithoutValidation("Accept", EventStream);
        if (_lastId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", _lastId);
        // The host sends the headers at once, so they have a deadline. After the headers, WatchedStream detects a lost
        // connection by its silence.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ended);
        deadline.CancelAfter(replyTimeout);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            using (response) throw await RestMqClientException.OfAsync(response, request.RequestUri, deadline.Token).ConfigureAwait(false);
        }
        // The address may belong to another site. Its page would be read as a stream without messages, and the client
        // would reconnect for ever.
        if (response.Content.Headers.ContentType?.MediaType != EventStream)
        {
            using (response) throw RestMqClientException.NotRestMq();
        }
        // On each connection the host counts again the messages that were missed since the last message.
        _missed = 0;
        // The response header holds the position at which the stream starts. So a connection that breaks before its
        // first message can resume without missing one.
        if (_lastId is null && response.Headers.TryGetValues("Last-Event-ID", out var places)) _lastId = places.First();
        var body = new WatchedStream(await response.Content.ReadAsStreamAsync(ended).ConfigureAwait(false), options.Silence, time);
        var parser = SseParser.Create(body, static (_, data) => data.ToArray());
        return new Connection(response, body, parser, parser.EnumerateAsync(ended).GetAsyncEnumerator(ended), time.GetTimestamp());
    }

    private async Task PauseAsync(Exception? loss)
    {
        var pause = Math.Min(_pause.TotalSeconds * Math.Pow(2, Math.Min(_losses, 30)), options.MaxReconnectDelay.TotalSeconds);
        // Only the first loss of an outage is logged. Failed reconnects are not.
        if (_losses++ == 0) LogLost(logger, loss, address);
        await Task.Delay(TimeSpan.FromSeconds(pause * (0.5 + (Random.Shared.NextDouble() / 2))), time, ended).ConfigureAwait(false);
    }

    private async ValueTask LeaveAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        if (time.GetElapsedTime(connection.Since) >= options.MaxReconnectDelay) _losses = 0;
        await connection.Body.CloseAsync().ConfigureAwait(false);
        connection.Response.Dispose();
        await connection.Events.DisposeAsync().ConfigureAwait(false);
    }

    private bool IsPassing(Exception e) => !ended.IsCancellationRequested && e switch
    {
        RestMqClientException refusal => refusal.Status is 408 or 429 or >= 500,
        HttpRequestException or IOException => true,
        _ => CutRequest.IsCut(e),
    };

    [LoggerMessage(90, LogLevel.Warning, "The live stream {Address} ended. The client reconnects until it succeeds.")]
    private static partial void LogLost(ILogger logger, Exception? loss, string address);

    private sealed record Connection(
        HttpResponseMessage Response, WatchedStream Body, SseParser<byte[]> Parser, IAsyncEnumerator<SseItem<byte[]>> Events, long Since);
}
