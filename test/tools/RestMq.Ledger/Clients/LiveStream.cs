using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace RestMq.Ledger.Clients;

internal enum Transport
{
    Lines,
    Events,
    Socket,
}

/// <summary>Reads a live stream over one of the transports.</summary>
internal abstract class LiveStream : IDisposable
{
    private static readonly HttpClient Http =
        new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue, ConnectTimeout = TimeSpan.FromSeconds(3) }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Opens a stream. The host has subscribed the stream when this returns.</summary>
    /// <param name="target">The path and query, such as <c>c/queue?lease=3</c>.</param>
    public static async Task<LiveStream> OpenAsync(Transport transport, int port, string target, CancellationToken cancellationToken)
    {
        if (transport == Transport.Socket)
        {
            var socket = new ClientWebSocket();
            try
            {
                await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/{target}"), cancellationToken);
                return new SocketStream(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/{target}");
        if (transport == Transport.Events) request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        return new ResponseStream(response, await response.Content.ReadAsStreamAsync(cancellationToken), transport == Transport.Events ? "data: " : "");
    }

    /// <summary>Returns the next message, or null at the end of the stream.</summary>
    public async Task<JsonDocument?> NextAsync(CancellationToken cancellationToken)
    {
        while (await NextJsonAsync(cancellationToken) is { } json)
        {
            var read = JsonDocument.Parse(json);
            if (read.RootElement.ValueKind == JsonValueKind.Object && read.RootElement.TryGetProperty("key", out _) && !read.RootElement.TryGetProperty("queue", out _))
                return read;
            // Replies to settlements are skipped. A late settlement may be refused. But the stream must not report
            // missed messages.
            if (read.RootElement.ValueKind == JsonValueKind.Number || read.RootElement.TryGetProperty("missed", out _))
                throw new InvalidDataException($"A stream must not miss messages, but reported: {json}");
            read.Dispose();
        }
        return null;
    }

    /// <summary>Acks over the stream itself. Returns false when the transport cannot send acks.</summary>
    public virtual ValueTask<bool> TryAckAsync(string receipt, CancellationToken cancellationToken) => new(false);

    public abstract void Dispose();

    protected abstract Task<string?> NextJsonAsync(CancellationToken cancellationToken);

    private sealed class ResponseStream(HttpResponseMessage response, Stream stream, string prefix) : LiveStream
    {
        private readonly StreamReader _lines = new(stream);

        public override void Dispose()
        {
            _lines.Dispose();
            response.Dispose();
        }

        protected override async Task<string?> NextJsonAsync(CancellationToken cancellationToken)
        {
            while (await _lines.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Length > prefix.Length && line.StartsWith(prefix, StringComparison.Ordinal)) return line[prefix.Length..];
            }
            return null;
        }
    }

    private sealed class SocketStream(ClientWebSocket socket) : LiveStream
    {
        private byte[] _frame = new byte[4096];

        public override async ValueTask<bool> TryAckAsync(string receipt, CancellationToken cancellationToken)
        {
            var command = Encoding.UTF8.GetBytes($$"""{"cmd":"del","receipt":"{{receipt}}"}""");
            await socket.SendAsync(command, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            return true;
        }

        public override void Dispose() => socket.Dispose();

        protected override async Task<string?> NextJsonAsync(CancellationToken cancellationToken)
        {
            for (var have = 0; ;)
            {
                var read = await socket.ReceiveAsync(_frame.AsMemory(have), cancellationToken);
                if (read.MessageType == WebSocketMessageType.Close) return null;
                have += read.Count;
                if (read.EndOfMessage) return Encoding.UTF8.GetString(_frame, 0, have);
                if (have == _frame.Length) Array.Resize(ref _frame, have * 2);
            }
        }
    }
}
