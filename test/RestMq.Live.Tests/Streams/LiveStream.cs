using System.Net.Sockets;
using System.Text.Json;

namespace RestMq.Live.Streams;

/// <summary>A live consumer over one of the transports, read off the bytes: what docs/http.md says of each is what is accepted.</summary>
public abstract class LiveStream : IAsyncDisposable
{
    /// <summary>Opens a stream; returns as soon as its headers are there.</summary>
    /// <param name="target">Such as <c>/c/queue?heartbeat=1</c>.</param>
    /// <param name="receiveBuffer">A small one makes a consumer that is easily full.</param>
    public static async Task<LiveStream> OpenAsync(Transport transport, int port, string target, int? receiveBuffer = null, params string[] headers) =>
        transport switch
        {
            Transport.Lines => new LineStream(await CometStream.OpenAsync(port, target, receiveBuffer, headers)),
            Transport.Events => new EventStream(await CometStream.OpenAsync(port, target, receiveBuffer, [.. headers, "Accept: text/event-stream"])),
            _ => await SocketStream.OpenAsync(port, target, receiveBuffer, headers),
        };

    /// <summary>The status and headers, which come before anything else.</summary>
    public abstract RawReply Head { get; }

    /// <summary>The next thing, heartbeats included; null when the stream has ended as it should.</summary>
    public abstract Task<LiveItem?> ReadAsync();

    /// <summary>Ends the connection with a reset.</summary>
    public abstract void Kill();

    public abstract ValueTask DisposeAsync();

    /// <summary>The next message or gap; null at the end.</summary>
    public async Task<LiveItem?> NextItemAsync()
    {
        var item = await ReadAsync();
        while (item?.Kind == ItemKind.Heartbeat) item = await ReadAsync();
        return item;
    }

    /// <summary>The next message; nothing else may come before it.</summary>
    public async Task<JsonElement> NextAsync()
    {
        var item = await NextItemAsync() ?? throw new EndOfStreamException("The stream ended where a message was due.");
        item.Kind.Should().Be(ItemKind.Message, $"a message was due, and this came: {item}");
        return item.Json;
    }

    public async Task<JsonElement[]> NextAsync(int count)
    {
        var messages = new JsonElement[count];
        for (var i = 0; i < count; i++) messages[i] = await NextAsync();
        return messages;
    }

    public async Task<string[]> NextValuesAsync(int count) => [.. (await NextAsync(count)).Select(message => message.Text("value")!)];

    /// <summary>The number of messages that the stream says are gone here.</summary>
    public async Task<long> NextMissedAsync()
    {
        var item = await NextItemAsync();
        item?.Kind.Should().Be(ItemKind.Missed, $"a gap was due, and this came: {item}");
        return item?.Missed ?? throw new EndOfStreamException("The stream ended where a gap was due.");
    }

    /// <summary>Asserts that the stream ends here as it should, with nothing before its end.</summary>
    public async Task EndsAsync() => (await NextItemAsync()).Should().BeNull("the stream ends here");

    /// <summary>Gives each message to <paramref name="see"/> until the stream ends, in whatever way; what is cut off does not count.</summary>
    public async Task ReadAllAsync(Action<JsonElement> see)
    {
        try
        {
            while (await NextItemAsync() is { } item)
            {
                item.Kind.Should().Be(ItemKind.Message, $"nothing is missed: {item}");
                see(item.Json);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            // The daemon was killed.
        }
    }
}
