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
        var random = new SeededRandom(seed, number);
        return random.Below(40) switch
        {
            0 => Stream(number, random),
            1 or 2 => new Input(number, Wild(random), InputKind.Wild, IsHead: false),
            _ => Framed(number, random),
        };
    }

    private static Input Framed(long number, SeededRandom random)
    {
        var (method, path, body, type) = Route(random);
        if (random.OneIn(15)) method = random.Of<string>(Methods);
        return new Input(number, Request(random, method, path, body, type), InputKind.Framed, method == "HEAD");
    }

    // Returns a random route with a body that it accepts. The body or its type is sometimes another one, or mutated.
    private static (string Method, string Path, byte[]? Body, string? Type) Route(SeededRandom random)
    {
        var queue = Values.Queue(random);
        var name = Values.Encode(random, queue);
        var key = Values.Encode(random, Values.Receipt(random, queue));
        switch (random.Below(18))
        {
            case 0: return ("GET", "/" + Query(random, queue), null, null);
            case 1: return ("POST", "/" + Query(random, queue), Form(random, queue), FormType);
            case 2: return ("GET", random.Of("/q", "/q/", "/control", "/stats", "/queue", "/c", "/j", "/p", "//q", "/Q/a") + Query(random, queue), null, null);
            case 3 or 4: return ("POST", $"/q/{name}{Query(random, queue)}", Form(random, queue), FormType);
            case 5: return ("POST", $"/q/{name}{Query(random, queue)}", Lines(random), "application/x-ndjson");
            case 6: return ("POST", $"/q/{name}{Query(random, queue)}", random.Bytes(random.OneIn(10) ? 6000 : 60), random.Of(null, "image/png", "text/plain", "text/plain; charset=utf-16", "application/json", "x", "a/b; c=\"d"));
            case 7: return Multipart(random, $"/q/{name}{Query(random, queue)}", queue);
            case 8: return (random.Of("GET", "HEAD"), $"/q/{name}{(random.OneIn(4) ? "," + Values.Encode(random, Values.Queue(random)) : "")}{Query(random, queue)}", null, null);
            case 9: return ("GET", $"/q/{name}{random.Of("?lease=1", "?lease=30", "?lease=60", "?lease=5&max=4", "?format=raw", "")}", null, null);
            case 10: return (random.Of("GET", "DELETE"), $"/q/{name}/{key}{Query(random, queue)}", null, null);
            case 11: return ("POST", $"/q/{name}/{key}", Encoding.UTF8.GetBytes($"{random.Of("lease", "release", "bury", "delay")}={Values.Encode(random, Values.Number(random))}"), FormType);
            case 12 or 13: return ("POST", (random.OneIn(2) ? "/queue" : $"/queue/{name}") + Query(random, queue), Command(random, queue, out var type), type);
            case 14: return ("POST", "/xmlrpc", Xml.Call(random, queue), random.Of("text/xml", "application/xml", null, FormType));
            case 15: return (random.Of("GET", "POST"), $"/p/{name}{Query(random, queue)}", Form(random, queue), FormType);
            case 16: return (random.Of("GET", "POST"), $"/control/{name}{Query(random, queue)}", Form(random, queue), FormType);
            default: return (random.OneIn(40) ? "DELETE" : "GET", $"{random.Of("/stats/", "/j/", "/q/")}{name}{Query(random, queue)}", null, null);
        }
    }

    private const string FormType = "application/x-www-form-urlencoded";

    private static byte[] Command(SeededRandom random, string queue, out string? type)
    {
        var json = Json.Command(random, queue);
        type = random.Of("application/json", null, "text/plain");
        if (!random.OneIn(3)) return json;
        type = FormType;
        return Encoding.UTF8.GetBytes($"{random.Of("body", "msg", "value")}={string.Concat(json.Select(b => $"%{b:x2}"))}");
    }

    private static string Query(SeededRandom random, string queue)
    {
        if (random.OneIn(2)) return "";
        if (random.OneIn(30)) return "?" + string.Concat(Enumerable.Repeat("a=b&", random.Of(10, 1023, 1024, 1025)));
        return "?" + Fields(random, queue, random.Below(5));
    }

    private static byte[] Form(SeededRandom random, string queue)
    {
        var form = Encoding.UTF8.GetBytes($"{(random.OneIn(3) ? "" : $"{random.Of("value", "msg")}={Values.Encode(random, Values.Value(random))}&")}{Fields(random, queue, random.Below(4))}");
        return random.OneIn(8) ? random.Mutate(form) : form;
    }

    private static string Fields(SeededRandom random, string queue, int count) => string.Join(random.OneIn(20) ? ";" : "&", Enumerable.Range(0, count).Select(_ =>
    {
        var field = random.OneIn(20) ? random.Text(6) : random.Of<string>(QueryFields);
        return $"{Values.Encode(random, field)}{(random.OneIn(20) ? "" : "=")}{Values.Encode(random, Values.Word(random, field, queue))}";
    }));

    private static byte[] Lines(SeededRandom random)
    {
        var lines = Encoding.UTF8.GetBytes(string.Join(random.Of("\n", "\r\n", "\n\n", "\r"), Enumerable.Range(0, random.Below(6)).Select(_ => Json.Any(random, 2))));
        return random.OneIn(4) ? random.Mutate(lines) : lines;
    }

    private static (string, string, byte[], string) Multipart(SeededRandom random, string path, string queue)
    {
        var boundary = random.Of("X", "----WebKitFormBoundary7MA4YWxkTrZu0gW", new string('b', 70), new string('b', 71), "a b", "é");
        using var body = new MemoryStream();
        for (var left = random.Below(4); left > 0; left--)
        {
            var name = random.OneIn(2) ? "value" : random.Of<string>(QueryFields);
            Write($"--{boundary}\r\nContent-Disposition: form-data; name={random.Of("\"", "", "'")}{name}\"{random.Of("", "; filename=\"f.png\"", "; filename*=UTF-8''%ff", "; name=x")}\r\n");
            if (random.OneIn(2)) Write($"Content-Type: {random.Of("image/png", "text/plain", "", "x", "application/json", new string('t', 300))}\r\n");
            if (random.OneIn(10)) Write(string.Concat(Enumerable.Repeat("X-H: y\r\n", random.Of(1, 20, 400))));
            Write("\r\n");
            body.Write(random.OneIn(2) ? random.Bytes(60) : Encoding.UTF8.GetBytes(Values.Word(random, name, queue)));
            Write("\r\n");
        }
        if (!random.OneIn(6)) Write($"--{boundary}--\r\n");
        var bytes = body.ToArray();
        var type = $"multipart/form-data; boundary={random.Of("", "\"")}{boundary}{random.Of("", "\"")}";
        return ("POST", path, random.OneIn(4) ? random.Mutate(bytes) : bytes, random.OneIn(12) ? "multipart/form-data" : type);

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }

    private static byte[] Request(SeededRandom random, string method, string path, byte[]? body, string? type)
    {
        using var request = new MemoryStream();
        Write($"{method} {path} HTTP/1.1\r\nHost: {random.Of("127.0.0.1", "localhost:80", "example.org")}\r\n");
        if (type is not null) Write($"Content-Type: {type}\r\n");
        for (var left = random.OneIn(3) ? random.Below(4) : 0; left > 0; left--) Write(Header(random));
        if (body is null && !random.OneIn(20))
        {
            Write("\r\n");
        }
        else if (random.OneIn(4))
        {
            Write("Transfer-Encoding: chunked\r\n\r\n");
            Chunks(random, body ?? [], request);
        }
        else
        {
            Write($"Content-Length: {body?.Length ?? 0}\r\n\r\n");
            request.Write(body ?? []);
        }
        return request.ToArray();

        void Write(string text) => request.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Chunks(SeededRandom random, byte[] body, MemoryStream request)
    {
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(1 + random.Below(random.OneIn(3) ? 5 : 500), body.Length - at);
            var number = size.ToString(random.Of("x", "X", "x4"), CultureInfo.InvariantCulture);
            request.Write(Encoding.ASCII.GetBytes($"{number}{(random.OneIn(6) ? ";ext=\"v\"" : "")}\r\n"));
            request.Write(body, at, size);
            request.Write("\r\n"u8);
            at += size;
        }
        request.Write("0\r\n"u8);
        if (random.OneIn(8)) request.Write("X-Trailer: v\r\n"u8);
        request.Write("\r\n"u8);
    }

    private static string Header(SeededRandom random) => random.Below(14) switch
    {
        0 => $"Accept: {random.Of("text/html", "application/json", "text/event-stream", "*/*", "q=;;", "text/html;q=2")}\r\n",
        1 => $"Idempotency-Key: {random.Of("1", "k", new string('k', 201), "\"q\"", "é", "")}\r\n",
        2 => $"Prefer: {random.Of("wait=0", "wait=0.05", "wait", "wait=x", "respond-async, wait=1", "wait=\"1\"", "wait=-1", "wait=99999999999999999999", ";,=")}\r\n",
        3 => $"Last-Event-ID: {random.Of("1", "-1", "x", "", "9223372036854775807", "9223372036854775808")}\r\n",
        4 => "If-None-Match: *\r\n",
        5 => "Range: bytes=0-0\r\n",
        6 => "Expect: 100-continue\r\n",
        7 => $"Cookie: a={new string('c', random.Below(3000))}\r\n",
        8 => $"Content-Encoding: {random.Of("gzip", "identity", "br, x")}\r\n",
        9 => $"Accept-Encoding: {random.Of("gzip", "*;q=0")}\r\n",
        10 => $"X-Forwarded-For: {random.Of("1.2.3.4", "x", "::1, ::2")}\r\nX-Forwarded-Host: evil\r\n",
        11 => $"Origin: {random.Of("null", "https://example.org", "x")}\r\n",
        12 => $"Authorization: {random.Of("Basic eDp5", "Bearer x", "Basic")}\r\n",
        _ => $"X-{random.Below(100)}: {new string('h', random.Below(50))}\r\n",
    };

    private static Input Stream(long number, SeededRandom random)
    {
        var queue = Values.Queue(random);
        var path = $"{random.Of("/c/", "/ws/", "/c/", "/c")}{Values.Encode(random, queue)}{Query(random, queue)}";
        using var bytes = new MemoryStream();
        Write($"GET {path} HTTP/1.1\r\nHost: localhost\r\n");
        if (random.OneIn(3)) Write("Accept: text/event-stream\r\n");
        if (random.OneIn(3)) Write(Header(random));
        if (random.OneIn(2))
        {
            Write($"Connection: Upgrade\r\nUpgrade: {random.Of("websocket", "websocket", "h2c")}\r\nSec-WebSocket-Version: {random.Of("13", "13", "8", "x")}\r\n");
            Write($"Sec-WebSocket-Key: {random.Of("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==", "x", "")}\r\n\r\n");
            for (var left = random.Below(5); left > 0; left--) bytes.Write(Frame(random, queue));
        }
        else
        {
            Write("\r\n");
        }
        return new Input(number, bytes.ToArray(), InputKind.Stream, IsHead: false);

        void Write(string text) => bytes.Write(Encoding.UTF8.GetBytes(text));
    }

    // Returns a WebSocket frame as a browser sends it, or an invalid one.
    private static byte[] Frame(SeededRandom random, string queue)
    {
        var payload = Json.Command(random, queue);
        if (payload.Length > 60_000) payload = payload[..60_000];
        var opcode = random.OneIn(6) ? random.Below(16) : 1;
        List<byte> frame = [(byte)((random.OneIn(8) ? random.Below(8) << 4 : 0x80) | opcode)];
        if (payload.Length < 126) frame.Add((byte)(0x80 | payload.Length));
        else frame.AddRange([0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length]);
        byte[] mask = [1, 2, 3, 4];
        frame.AddRange(mask);
        frame.AddRange(payload.Select((b, i) => (byte)(b ^ mask[i % 4])));
        return random.OneIn(6) ? random.Mutate([.. frame]) : [.. frame];
    }

    private static byte[] Wild(SeededRandom random)
    {
        var (method, path, body, type) = Route(random);
        var request = Request(random, method, path, body, type);
        return random.Below(6) switch
        {
            0 => [.. random.Mutate(request), .. request],
            1 => Encoding.UTF8.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: a\r\n{random.Of(
                    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Content-Length: -1", "Content-Length: 99999999999999999999",
                    "Content-Length: 1\r\nContent-Length: 2", "Transfer-Encoding: identity", "Transfer-Encoding:chunked", "Host: b", "Content-Length: 4\r\nExpect: 200-maybe",
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "A : b", ": b", "A\r\n b", "Content-Length: 10")}\r\n\r\n{random.Of(
                    "5\r\nhello\r\n0\r\n\r\n", "g\r\n", "ffffffffffffffff\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5;\0\r\nhello\r\n0\r\n\r\n", "0\r\nA\r\n\r\n", "00000000000000000000\r\n\r\n",
                    "value=x", "5\nhello\n0\n\n")}"),
            2 => random.Bytes(300),
            _ => random.Mutate(request),
        };
    }
}
