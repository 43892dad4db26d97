using System.Net.WebSockets;
using System.Text;

namespace RestMq.EndToEnd.Bodies;

/// <summary>Describes what a door takes.</summary>
public enum Takes
{
    /// <summary>The bytes of a text.</summary>
    Text,

    /// <summary>The bytes of one JSON value.</summary>
    Json,
}

/// <summary>
/// Describes one way by which a message comes into a queue. The tests of bodies run on every row of <see cref="All"/>,
/// so a new way joins them by a row.
/// </summary>
/// <param name="Name">The name of the row.</param>
/// <param name="Takes">What the content is.</param>
/// <param name="Request">Makes the request of a queue and a content; null for the WebSocket.</param>
public sealed record Door(string Name, Takes Takes, Func<string, byte[], (string Line, byte[] Body, string Type)>? Request)
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Parts = "multipart/form-data; boundary=xXx";

    public static IReadOnlyList<Door> All { get; } =
    [
        new("form", Takes.Text, (queue, text) => ($"POST /q/{queue}", [.. "value="u8, .. Escape(text)], Form)),
        new("unescaped form", Takes.Text, (queue, text) => ($"POST /q/{queue}", [.. "value="u8, .. text], Form)),
        new("msg", Takes.Text, (queue, text) => ($"POST /q/{queue}", [.. "msg="u8, .. Escape(text)], Form)),
        new("root form", Takes.Text, (queue, text) => ("POST /", [.. Bytes($"queue={queue}&value="), .. Escape(text)], Form)),
        new("query", Takes.Text, (queue, text) => ($"POST /q/{queue}?value={Encoding.ASCII.GetString(Escape(text))}", [], "")),
        new("part", Takes.Text, (queue, text) => ($"POST /q/{queue}", Part("value", text), Parts)),
        new("typed part", Takes.Text, (queue, text) => ($"POST /q/{queue}", Part("value", text, "text/plain"), Parts)),
        new("root part", Takes.Text, (queue, text) => ($"POST /?queue={queue}", Part("value", text), Parts)),
        new("text body", Takes.Text, (queue, text) => ($"POST /q/{queue}", text, "text/plain; charset=utf-8")),
        new("XML-RPC", Takes.Text, (queue, text) => (
            "POST /xmlrpc",
            [.. Bytes($"<methodCall><methodName>set</methodName><params><param><value>{queue}</value></param><param><value><string>"), .. text,
                .. "</string></value></param></params></methodCall>"u8],
            "text/xml")),
        new("JSON body", Takes.Json, (queue, json) => ($"POST /q/{queue}", json, "application/json")),
        new("+json body", Takes.Json, (queue, json) => ($"POST /q/{queue}", json, "application/vnd.order+json; v=1")),
        new("JSON part", Takes.Json, (queue, json) => ($"POST /q/{queue}", Part("value", json, "application/json"), Parts)),
        new("line", Takes.Json, (queue, json) => ($"POST /q/{queue}", [.. json, .. "\n"u8], "application/x-ndjson")),
        new("command", Takes.Json, (queue, json) => ("POST /queue", Command(queue, "value", json), "application/json")),
        new("command of a queue", Takes.Json, (queue, json) => ($"POST /queue/{queue}", Command(queue, "value", json), "application/json")),
        new("command labelled as form", Takes.Json, (queue, json) => ("POST /queue", Command(queue, "value", json), Form)),
        new("command in a form", Takes.Json, (queue, json) => ("POST /queue", [.. "body="u8, .. Escape(Command(queue, "value", json))], Form)),
        new("command in a part", Takes.Json, (queue, json) => ("POST /queue", Part("body", Command(queue, "value", json)), Parts)),
        new("command of values", Takes.Json, (queue, json) => ("POST /queue", Command(queue, "values", [.. "["u8, .. json, .. "]"u8]), "application/json")),
        new("WebSocket", Takes.Json, null),
    ];

    /// <summary>Sends a content through the door.</summary>
    /// <param name="host">The host.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="content">The content.</param>
    /// <param name="encode">Changes the body of the request.</param>
    /// <param name="headers">More headers.</param>
    public async Task<DoorReply> SendAsync(RestMqHost host, string queue, byte[] content, Func<byte[], byte[]>? encode = null, params string[] headers)
    {
        if (Request is null) return await SendFrameAsync(host, queue, encode?.Invoke(Command(queue, "value", content)) ?? Command(queue, "value", content));
        var (line, body, type) = Request(queue, content);
        var reply = await host.AskAsync(line, encode?.Invoke(body) ?? body, [$"Content-Type:{(type == "" ? "" : " " + type)}", .. headers]);
        return new(reply.Status, reply.Text, reply.Header("Accept-Encoding"));
    }

    public override string ToString() => Name;

    public static byte[] Part(string name, byte[] value, string? type = null, string more = "") =>
    [
        .. Bytes($"--xXx\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}\r\n"), .. value,
        .. "\r\n--xXx--\r\n"u8,
    ];

    private static async Task<DoorReply> SendFrameAsync(RestMqHost host, string queue, byte[] command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new ClientWebSocket();
        // A stopped queue delivers nothing here, so the first frame is the reply.
        await host.StopAsync(queue);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/ws/{queue}"), deadline.Token);
        await socket.SendAsync(command, WebSocketMessageType.Text, true, deadline.Token);
        var buffer = new byte[256 * 1024];
        WebSocketReceiveResult frame;
        var length = 0;
        try
        {
            do
            {
                frame = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), deadline.Token);
                length += frame.Count;
            }
            while (!frame.EndOfMessage);
            if (frame.MessageType == WebSocketMessageType.Text) return new(200, Encoding.UTF8.GetString(buffer, 0, length), null);
        }
        catch (WebSocketException)
        {
            // The close frame may be lost, because the host ends the connection at once.
        }
        // A text frame that is no UTF-8 is an error of the protocol, which ends the connection (RFC 6455, section 8.1).
        return new(400, "The host closed the connection.", null);
    }

    private static byte[] Command(string queue, string field, byte[] json) => [.. Bytes($$"""{"cmd":"add","queue":"{{queue}}","{{field}}":"""), .. json, .. "}"u8];

    private static byte[] Escape(byte[] text) => Bytes(string.Concat(text.Select(b => char.IsAsciiLetterOrDigit((char)b) ? $"{(char)b}" : $"%{b:X2}")));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>Holds the reply of a door.</summary>
public sealed record DoorReply(int Status, string Text, string? AcceptEncoding)
{
    private bool IsError => Text.StartsWith("{\"error\"", StringComparison.Ordinal) || Text.Contains("<fault>");

    public void IsAdded() => (Status, IsError).Should().Be((200, false), Text);

    /// <summary>Asserts that the content was refused, by the status or in the format of the door.</summary>
    public void IsRefused() => (Status == 400 || (Status == 200 && IsError)).Should().BeTrue($"the reply was {Status} {Text}");
}
