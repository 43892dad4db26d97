using System.Net.Sockets;
using System.Text.Json;

namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>
/// Reads a live stream over one of the transports from its bytes. It accepts exactly the format that
/// docs/reference/http-api.md describes.
/// </summary>
public abstract class LiveStream : IAsyncDisposable
{
    /// <summary>Opens a stream and returns as soon as its headers have arrived.</summary>
    /// <param name="transport">The transport.</param>
    /// <param name="port">The port of the host.</param>
    /// <param name="target">A target such as <c>/c/queue?heartbeat=1</c>.</param>
    /// <param name="receiveBuffer">The size of the receive buffer in bytes. A small buffer fills up quickly.</param>
    /// <param name="headers">Further headers.</param>
    public static async Task<LiveStream> OpenAsync(Transport transport, int port, string target, int? receiveBuffer = null, params string[] headers) =>
        transport switch
        {
            Transport.Lines => new LineStream(await CometStream.OpenAsync(port, target, receiveBuffer, headers)),
            Transport.Events => new EventStream(await CometStream.OpenAsync(port, target, receiveBuffer, [.. headers, "Accept: text/event-stream"])),
            _ => await SocketStream.OpenAsync(port, target, receiveBuffer, headers),
        };

    /// <summary>Gets the status and the headers, which come before anything else.</summary>
    public abstract RawReply Head { get; }

    /// <summary>Returns the next item, heartbeats included, or null when the stream has ended properly.</summary>
    public abstract Task<LiveItem?> ReadAsync();

    /// <summary>Resets the connection.</summary>
    public abstract void Kill();

    public abstract ValueTask DisposeAsync();

    /// <summary>Returns the next message, gap or reply, or null at the end of the stream.</summary>
    public async Task<LiveItem?> NextItemAsync()
    {
        var item = await ReadAsync();
        while (item?.Kind == ItemKind.Heartbeat) item = await ReadAsync();
        return item;
    }

    /// <summary>Returns the next message. Only heartbeats may come before it.</summary>
    public async Task<JsonElement> NextAsync()
    {
        var item = await NextItemAsync() ?? throw new EndOfStreamException(
            "The stream ended, but another message was expected.");
        item.Kind.Should().Be(ItemKind.Message, $"the next item must be a message, but was {item}");
        return item.Json;
    }

    public async Task<JsonElement[]> NextAsync(int count)
    {
        var messages = new JsonElement[count];
        for (var i = 0; i < count; i++) messages[i] = await NextAsync();
        return messages;
    }

    public async Task<string[]> NextValuesAsync(int count) => [.. (await NextAsync(count)).Select(message => message.Text("value")!)];

    /// <summary>Returns the number of missed messages that the stream reports next.</summary>
    public async Task<long> NextMissedAsync()
    {
        var item = await NextItemAsync();
        item?.Kind.Should().Be(ItemKind.Missed, $"the next item must be a gap, but was {item}");
        return item?.Missed ?? throw new EndOfStreamException("The stream ended, but a gap was expected.");
    }

    /// <summary>Asserts that the stream ends properly, with no further message.</summary>
    public async Task EndsAsync() => (await NextItemAsync()).Should().BeNull("the stream ends without another item");

    /// <summary>
    /// Passes each message to <paramref name="see"/> until the stream ends properly or breaks. Ignores a message that
    /// is cut off.
    /// </summary>
    public async Task ReadAllAsync(Action<JsonElement> see)
    {
        try
        {
            while (await NextItemAsync() is { } item)
            {
                item.Kind.Should().Be(ItemKind.Message, $"no message may be missed, but this item came: {item}");
                see(item.Json);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            // The host was killed.
        }
    }
}
