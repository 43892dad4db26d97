using System.Globalization;
using System.Text;

namespace RestMq.Fuzz.Inputs;

/// <summary>
/// Makes the inputs of a seed. They are requests for each route with valid, nearly valid and invalid fields and bodies,
/// and mutations of these requests.
/// </summary>
internal sealed class InputMaker(int seed)
{
    private static readonly string[] Methods = ["GET", "POST", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS", "QUERY", "get"];

    private static readonly string[] QueryFields =
    [
        "queue", "value", "msg", "wait", "max", "lease", "format", "delay", "ttl", "id", "durability", "callback", "release", "bury", "policy", "max_receives", "max_length",
        "history", "status", "state", "last_event_id", "from", "prefetch", "heartbeat", "body", "extend",
    ];

    public Input Make(long number)
    {
        var dice = new Dice(seed, number);
        return dice.Below(40) switch
        {
            0 => Stream(number, dice),
            1 or 2 => new Input(number, Wild(dice), InputKind.Wild, IsHead: false),
            _ => Framed(number, dice),
        };
    }

    private static Input Framed(long number, Dice dice)
    {
        var (method, path, body, type) = Route(dice);
        if (dice.OneIn(15)) method = dice.Of<string>(Methods);
        return new Input(number, Request(dice, method, path, body, type), InputKind.Framed, method == "HEAD");
    }

    // Returns a random route with a body that it accepts. The body or its type is sometimes another one, or mutated.
    private static (string Method, string Path, byte[]? Body, string? Type) Route(Dice dice)
    {
        var queue = Values.Queue(dice);
        var name = Values.Encode(dice, queue);
        var key = Values.Encode(dice, Values.Receipt(dice, queue));
        switch (dice.Below(18))
        {
            case 0: return ("GET", "/" + Query(dice, queue), null, null);
            case 1: return ("POST", "/" + Query(dice, queue), Form(dice, queue), FormType);
            case 2: return ("GET", dice.Of("/q", "/q/", "/control", "/stats", "/queue", "/c", "/j", "/p", "//q", "/Q/a") + Query(dice, queue), null, null);
            case 3 or 4: return ("POST", $"/q/{name}{Query(dice, queue)}", Form(dice, queue), FormType);
            case 5: return ("POST", $"/q/{name}{Query(dice, queue)}", Lines(dice), "application/x-ndjson");
            case 6: return ("POST", $"/q/{name}{Query(dice, queue)}", dice.Bytes(dice.OneIn(10) ? 6000 : 60), dice.Of(null, "image/png", "text/plain", "text/plain; charset=utf-16", "application/json", "x", "a/b; c=\"d"));
            case 7: return Multipart(dice, $"/q/{name}{Query(dice, queue)}", queue);
            case 8: return (dice.Of("GET", "HEAD"), $"/q/{name}{(dice.OneIn(4) ? "," + Values.Encode(dice, Values.Queue(dice)) : "")}{Query(dice, queue)}", null, null);
            case 9: return ("GET", $"/q/{name}{dice.Of("?lease=1", "?lease=30", "?lease=60", "?lease=5&max=4", "?format=raw", "")}", null, null);
            case 10: return (dice.Of("GET", "DELETE"), $"/q/{name}/{key}{Query(dice, queue)}", null, null);
            case 11: return ("POST", $"/q/{name}/{key}", Encoding.UTF8.GetBytes($"{dice.Of("lease", "release", "bury", "delay")}={Values.Encode(dice, Values.Number(dice))}"), FormType);
            case 12 or 13: return ("POST", (dice.OneIn(2) ? "/queue" : $"/queue/{name}") + Query(dice, queue), Command(dice, queue, out var type), type);
            case 14: return ("POST", "/xmlrpc", Xml.Call(dice, queue), dice.Of("text/xml", "application/xml", null, FormType));
            case 15: return (dice.Of("GET", "POST"), $"/p/{name}{Query(dice, queue)}", Form(dice, queue), FormType);
            case 16: return (dice.Of("GET", "POST"), $"/control/{name}{Query(dice, queue)}", Form(dice, queue), FormType);
            default: return (dice.OneIn(40) ? "DELETE" : "GET", $"{dice.Of("/stats/", "/j/", "/q/")}{name}{Query(dice, queue)}", null, null);
        }
    }

    private const string FormType = "application/x-www-form-urlencoded";

    private static byte[] Command(Dice dice, string queue, out string? type)
    {
        var json = Json.Command(dice, queue);
        type = dice.Of("application/json", null, "text/plain");
        if (!dice.OneIn(3)) return json;
        type = FormType;
        return Encoding.UTF8.GetBytes($"{dice.Of("body", "msg", "value")}={string.Concat(json.Select(b => $"%{b:x2}"))}");
    }

    private static string Query(Dice dice, string queue)
    {
        if (dice.OneIn(2)) return "";
        if (dice.OneIn(30)) return "?" + string.Concat(Enumerable.Repeat("a=b&", dice.Of(10, 1023, 1024, 1025)));
        return "?" + Fields(dice, queue, dice.Below(5));
    }

    private static byte[] Form(Dice dice, string queue)
    {
        var form = Encoding.UTF8.GetBytes($"{(dice.OneIn(3) ? "" : $"{dice.Of("value", "msg")}={Values.Encode(dice, Values.Value(dice))}&")}{Fields(dice, queue, dice.Below(4))}");
        return dice.OneIn(8) ? dice.Mutate(form) : form;
    }

    private static string Fields(Dice dice, string queue, int count) => string.Join(dice.OneIn(20) ? ";" : "&", Enumerable.Range(0, count).Select(_ =>
    {
        var field = dice.OneIn(20) ? dice.Text(6) : dice.Of<string>(QueryFields);
        return $"{Values.Encode(dice, field)}{(dice.OneIn(20) ? "" : "=")}{Values.Encode(dice, Values.Word(dice, field, queue))}";
    }));

    private static byte[] Lines(Dice dice)
    {
        var lines = Encoding.UTF8.GetBytes(string.Join(dice.Of("\n", "\r\n", "\n\n", "\r"), Enumerable.Range(0, dice.Below(6)).Select(_ => Json.Any(dice, 2))));
        return dice.OneIn(4) ? dice.Mutate(lines) : lines;
    }

    private static (string, string, byte[], string) Multipart(Dice dice, string path, string queue)
    {
        var boundary = dice.Of("X", "----WebKitFormBoundary7MA4YWxkTrZu0gW", new string('b', 70), new string('b', 71), "a b", "é");
        using var body = new MemoryStream();
        for (var left = dice.Below(4); left > 0; left--)
        {
            var name = dice.OneIn(2) ? "value" : dice.Of<string>(QueryFields);
            Write($"--{boundary}\r\nContent-Disposition: form-data; name={dice.Of("\"", "", "'")}{name}\"{dice.Of("", "; filename=\"f.png\"", "; filename*=UTF-8''%ff", "; name=x")}\r\n");
            if (dice.OneIn(2)) Write($"Content-Type: {dice.Of("image/png", "text/plain", "", "x", "application/json", new string('t', 300))}\r\n");
            if (dice.OneIn(10)) Write(string.Concat(Enumerable.Repeat("X-H: y\r\n", dice.Of(1, 20, 400))));
            Write("\r\n");
            body.Write(dice.OneIn(2) ? dice.Bytes(60) : Encoding.UTF8.GetBytes(Values.Word(dice, name, queue)));
            Write("\r\n");
        }
        if (!dice.OneIn(6)) Write($"--{boundary}--\r\n");
        var bytes = body.ToArray();
        var type = $"multipart/form-data; boundary={dice.Of("", "\"")}{boundary}{dice.Of("", "\"")}";
        return ("POST", path, dice.OneIn(4) ? dice.Mutate(bytes) : bytes, dice.OneIn(12) ? "multipart/form-data" : type);

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }

    private static byte[] Request(Dice dice, string method, string path, byte[]? body, string? type)
    {
        using var request = new MemoryStream();
        Write($"{method} {path} HTTP/1.1\r\nHost: {dice.Of("127.0.0.1", "localhost:80", "example.org")}\r\n");
        if (type is not null) Write($"Content-Type: {type}\r\n");
        for (var left = dice.OneIn(3) ? dice.Below(4) : 0; left > 0; left--) Write(Header(dice));
        if (body is null && !dice.OneIn(20))
        {
            Write("\r\n");
        }
        else if (dice.OneIn(4))
        {
            Write("Transfer-Encoding: chunked\r\n\r\n");
            Chunks(dice, body ?? [], request);
        }
        else
        {
            Write($"Content-Length: {body?.Length ?? 0}\r\n\r\n");
            request.Write(body ?? []);
        }
        return request.ToArray();

        void Write(string text) => request.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Chunks(Dice dice, byte[] body, MemoryStream request)
    {
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(1 + dice.Below(dice.OneIn(3) ? 5 : 500), body.Length - at);
            var number = size.ToString(dice.Of("x", "X", "x4"), CultureInfo.InvariantCulture);
            request.Write(Encoding.ASCII.GetBytes($"{number}{(dice.OneIn(6) ? ";ext=\"v\"" : "")}\r\n"));
            request.Write(body, at, size);
            request.Write("\r\n"u8);
            at += size;
        }
        request.Write("0\r\n"u8);
        if (dice.OneIn(8)) request.Write("X-Trailer: v\r\n"u8);
        request.Write("\r\n"u8);
    }

    private static string Header(Dice dice) => dice.Below(14) switch
    {
        0 => $"Accept: {dice.Of("text/html", "application/json", "text/event-stream", "*/*", "q=;;", "text/html;q=2")}\r\n",
        1 => $"Idempotency-Key: {dice.Of("1", "k", new string('k', 201), "\"q\"", "é", "")}\r\n",
        2 => $"Prefer: {dice.Of("wait=0", "wait=0.05", "wait", "wait=x", "respond-async, wait=1", "wait=\"1\"", "wait=-1", "wait=99999999999999999999", ";,=")}\r\n",
        3 => $"Last-Event-ID: {dice.Of("1", "-1", "x", "", "9223372036854775807", "9223372036854775808")}\r\n",
        4 => "If-None-Match: *\r\n",
        5 => "Range: bytes=0-0\r\n",
        6 => "Expect: 100-continue\r\n",
        7 => $"Cookie: a={new string('c', dice.Below(3000))}\r\n",
        8 => $"Content-Encoding: {dice.Of("gzip", "identity", "br, x")}\r\n",
        9 => $"Accept-Encoding: {dice.Of("gzip", "*;q=0")}\r\n",
        10 => $"X-Forwarded-For: {dice.Of("1.2.3.4", "x", "::1, ::2")}\r\nX-Forwarded-Host: evil\r\n",
        11 => $"Origin: {dice.Of("null", "https://example.org", "x")}\r\n",
        12 => $"Authorization: {dice.Of("Basic eDp5", "Bearer x", "Basic")}\r\n",
        _ => $"X-{dice.Below(100)}: {new string('h', dice.Below(50))}\r\n",
    };

    private static Input Stream(long number, Dice dice)
    {
        var queue = Values.Queue(dice);
        var path = $"{dice.Of("/c/", "/ws/", "/c/", "/c")}{Values.Encode(dice, queue)}{Query(dice, queue)}";
        using var bytes = new MemoryStream();
        Write($"GET {path} HTTP/1.1\r\nHost: localhost\r\n");
        if (dice.OneIn(3)) Write("Accept: text/event-stream\r\n");
        if (dice.OneIn(3)) Write(Header(dice));
        if (dice.OneIn(2))
        {
            Write($"Connection: Upgrade\r\nUpgrade: {dice.Of("websocket", "websocket", "h2c")}\r\nSec-WebSocket-Version: {dice.Of("13", "13", "8", "x")}\r\n");
            Write($"Sec-WebSocket-Key: {dice.Of("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==", "x", "")}\r\n\r\n");
            for (var left = dice.Below(5); left > 0; left--) bytes.Write(Frame(dice, queue));
        }
        else
        {
            Write("\r\n");
        }
        return new Input(number, bytes.ToArray(), InputKind.Stream, IsHead: false);

        void Write(string text) => bytes.Write(Encoding.UTF8.GetBytes(text));
    }

    // Returns a WebSocket frame as a browser sends it, or an invalid one.
    private static byte[] Frame(Dice dice, string queue)
    {
        var payload = Json.Command(dice, queue);
        if (payload.Length > 60_000) payload = payload[..60_000];
        var opcode = dice.OneIn(6) ? dice.Below(16) : 1;
        List<byte> frame = [(byte)((dice.OneIn(8) ? dice.Below(8) << 4 : 0x80) | opcode)];
        if (payload.Length < 126) frame.Add((byte)(0x80 | payload.Length));
        else frame.AddRange([0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length]);
        byte[] mask = [1, 2, 3, 4];
        frame.AddRange(mask);
        frame.AddRange(payload.Select((b, i) => (byte)(b ^ mask[i % 4])));
        return dice.OneIn(6) ? dice.Mutate([.. frame]) : [.. frame];
    }

    private static byte[] Wild(Dice dice)
    {
        var (method, path, body, type) = Route(dice);
        var request = Request(dice, method, path, body, type);
        return dice.Below(6) switch
        {
            0 => [.. dice.Mutate(request), .. request],
            1 => Encoding.UTF8.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: a\r\n{dice.Of(
                    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Content-Length: -1", "Content-Length: 99999999999999999999",
                    "Content-Length: 1\r\nContent-Length: 2", "Transfer-Encoding: identity", "Transfer-Encoding:chunked", "Host: b", "Content-Length: 4\r\nExpect: 200-maybe",
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "A : b", ": b", "A\r\n b", "Content-Length: 10")}\r\n\r\n{dice.Of(
                    "5\r\nhello\r\n0\r\n\r\n", "g\r\n", "ffffffffffffffff\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5;\0\r\nhello\r\n0\r\n\r\n", "0\r\nA\r\n\r\n", "00000000000000000000\r\n\r\n",
                    "value=x", "5\nhello\n0\n\n")}"),
            2 => dice.Bytes(300),
            _ => dice.Mutate(request),
        };
    }
}
