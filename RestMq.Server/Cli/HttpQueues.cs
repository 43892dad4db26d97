using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq.Server.Cli;

/// <summary>Uses the queues of a host, through the same routes as curl.</summary>
internal sealed class HttpQueues : IQueues
{
    // Seconds for writing the messages. Messages that are not written by then are delivered again.
    private const int Lease = 60;

    // Without a timeout, because long polls and streams are long. The verb's token ends them.
    private readonly HttpClient _http;

    /// <summary>Creates a client of a host.</summary>
    /// <param name="host">The host. A user in the URL authenticates by HTTP Basic.</param>
    /// <param name="key">The API key, for a URL without a user.</param>
    public HttpQueues(Uri host, string? key)
    {
        // Without the user and password, because error messages have the address.
        var address = new UriBuilder(host) { UserName = "", Password = "" }.Uri;
        // A POST that is redirected would become a GET, and a GET of a queue takes a message.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"{address.AbsoluteUri.TrimEnd('/')}/"), Timeout = Timeout.InfiniteTimeSpan };
        if (host.UserInfo.Length > 0)
            _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(host.UserInfo))));
        else if (!string.IsNullOrEmpty(key)) _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public async Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(command) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "queue") { Content = content };
        // A refused command (400) has its reason in the reply, like a command that could not be carried out (200).
        using var reply = await SendAsync(request, cancellationToken, HttpStatusCode.BadRequest);
        return Reply.Checked((await BodyAsync(reply, cancellationToken)).AsMemory().TrimEnd("\r\n"u8));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> TakeAsync(
        QueueName queue, int max, TimeSpan wait, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"q/{InUrl(queue)}?max={max}&wait={wait.TotalSeconds}&lease={Lease}");
        var found = new List<(ReadOnlyMemory<byte> Message, string Receipt)>();
        var written = 0;
        try
        {
            await foreach (var line in LinesAsync(target, cancellationToken)) found.Add(Reply.Read(line, Split));
            // The caller asks for the next message when it has written this one. If it does not ask, all messages that
            // it has not written return to the queue.
            foreach (var (message, receipt) in found)
            {
                yield return message;
                written++;
                await SettleAsync(HttpMethod.Delete, queue, receipt, "");
            }
        }
        finally
        {
            // From last to first, because each released message goes to the head.
            for (var i = found.Count - 1; i >= written; i--) await SettleAsync(HttpMethod.Post, queue, found[i].Receipt, "?release=0");
        }
    }

    public async IAsyncEnumerable<QueueStats> StatsAsync(QueueName? queue, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (queue is not null)
        {
            yield return await GetAsync($"stats/{InUrl(queue)}", QueueJson.ReadStats, cancellationToken);
            yield break;
        }
        for (var page = "stats"; ;)
        {
            var (found, next) = await GetAsync(
                page, static root => (
                    root.GetProperty("queues").EnumerateObject().Select(stats => QueueJson.ReadStats(stats.Value)).ToList(),
                    root.TryGetProperty("next", out var after) ? after.GetString() : null), cancellationToken);
            foreach (var stats in found) yield return stats;
            if (next is null) yield break;
            page = $"stats?after={Uri.EscapeDataString(next)}";
        }
    }

    public Task<long> ReindexAsync(CancellationToken cancellationToken) =>
        throw new VerbException(
            "'reindex' must have a Redis, but has a host. Set --RestMq:Redis=localhost:6379 instead of --url.");

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LastAsync(
        QueueName queue, MessageState state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var messages = await GetAsync(
            $"j/{InUrl(queue)}?state={WireNames.Of(state)}", static root => root.GetProperty("messages").EnumerateArray().Select(message => message.GetRawText()).ToList(), cancellationToken);
        foreach (var message in messages) yield return Encoding.UTF8.GetBytes(message);
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ListenAsync(QueueName queue, long? after, CancellationToken cancellationToken) =>
        LinesAsync($"c/{InUrl(queue)}" + (after is null ? "" : $"?last_event_id={after}"), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    // Returns the message as a plain take writes it, and its receipt.
    private static (ReadOnlyMemory<byte> Message, string Receipt) Split(JsonElement leased)
    {
        var receipt = leased.GetProperty("receipt").GetString()!;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, MessageJson.Options))
        {
            writer.WriteStartObject();
            foreach (var member in leased.EnumerateObject())
            {
                if (member.Name != "receipt") member.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return (buffer.WrittenMemory, receipt);
    }

    private static string InUrl(QueueName queue) => Uri.EscapeDataString(queue.Value);

    private async Task<T> GetAsync<T>(string target, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        using var reply = await SendAsync(request, cancellationToken);
        return Reply.Read(await BodyAsync(reply, cancellationToken), read);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(string target, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        using var reply = await SendAsync(request, cancellationToken);
        using var reader = new StreamReader(await reply.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
        while (await HeardAsync(reader.ReadLineAsync(cancellationToken).AsTask()) is { } line)
        {
            if (line.Length > 0) yield return Reply.Checked(Encoding.UTF8.GetBytes(line));
        }
    }

    // A stale or unknown receipt is no error: the message was delivered again, or is gone.
    private async Task SettleAsync(HttpMethod method, QueueName queue, string receipt, string query)
    {
        using var request = new HttpRequestMessage(method, $"q/{InUrl(queue)}/{Uri.EscapeDataString(receipt)}{query}");
        using var reply = await SendAsync(request, CancellationToken.None, HttpStatusCode.NotFound, HttpStatusCode.Conflict);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, params HttpStatusCode[] expected)
    {
        var reply = await HeardAsync(_http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken));
        if (reply.IsSuccessStatusCode || expected.Contains(reply.StatusCode)) return reply;
        using (reply)
        {
            var said = Reply.ErrorOf(await BodyAsync(reply, cancellationToken))
                ?? $"{request.RequestUri} must reply with success, but replied {(int)reply.StatusCode} "
                    + $"{reply.ReasonPhrase}.";
            if (reply.Headers.Location is { } location) said += $" It redirects to {location}: use that address.";
            if (reply.StatusCode == HttpStatusCode.Unauthorized)
                said += " Set credentials: --key, RESTMQ_KEY in the environment, or a user in the URL.";
            throw new VerbException(said, reply.StatusCode >= HttpStatusCode.InternalServerError ? ExitCode.Unavailable : ExitCode.Refused);
        }
    }

    private Task<byte[]> BodyAsync(HttpResponseMessage reply, CancellationToken cancellationToken) => HeardAsync(reply.Content.ReadAsByteArrayAsync(cancellationToken));

    // A host may fail before its reply or within it.
    private async Task<T> HeardAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new VerbException(
                $"{_http.BaseAddress} is unavailable: {e.GetBaseException().Message}", ExitCode.Unavailable);
        }
    }
}
