using System.Text;

namespace RestMq.Fuzz.Inputs;

/// <summary>
/// Makes the values of a request's fields. Enough of them are valid that inputs get past the first check.
/// </summary>
internal static class Values
{
    // Valid names, some with characters that matter elsewhere: glob patterns, a key, a percent sign, HTML.
    private static readonly string[] Queues = ["a", "b", "c", "a:1", "café", "日本", "x*[?]", "-", "q%q", "'\"<>&", "A"];

    private static readonly string[] OddQueues =
        ["", ".", "..", "a b", "a{b", "a}b", "a,,b", ",", "a\0b", "a\nb", "a/b", "\u0085", "\u00a0", "a\u2028", new('x', 201), new('é', 101), "\ufeff", "%", "%2", "\ufffd"];

    private static readonly string[] Numbers =
    [
        "0", "1", "2", "0.05", "1.5", "-1", "-0", "1e3", "1e308", "1e999", "NaN", "Infinity", "-Infinity", "", " 1", "1 ", "+1", "0x10", "\uff11", "1,5", "1_0",
        "9223372036854775807", "9223372036854775808", "99999999999999999999999", "0.0000000000001", "31536000", "2147483648", "1.", ".5", "null", "1e-400",
    ];

    public static string Queue(SeededRandom random) => random.Below(10) switch
    {
        < 8 => random.Of<string>(Queues),
        8 => random.Of<string>(OddQueues),
        _ => random.Text(12),
    };

    public static string Number(SeededRandom random) => random.OneIn(2) ? $"{random.Below(12)}" : random.Of<string>(Numbers);

    public static string Receipt(SeededRandom random, string queue) => random.Below(8) switch
    {
        < 5 => $"{queue}:{Id(random)}{(random.OneIn(3) ? "" : $".{1 + random.Below(3)}")}",
        5 => $"{random.Of<string>(Queues)}:{1 + random.Below(30)}.{random.Below(3)}",
        6 => queue + random.Of(
            ":0", ":01", ":-1", ":1.0", ":1.01", ":1.1.1", ":", "", ":1.", ":.1", ":x", ":1e3", ":\uff11", ":9223372036854775807.9223372036854775807",
            ":9223372036854775808", ":99999999999999999999.1", ":4611686018427387904", ":9007199254740993.1", ": 1", ":1 ", ":+1"),
        _ => random.Text(12),
    };

    // Returns an id that is likely to exist. On average, 145 inputs add one message to a queue, so its newest id is
    // about a 145th of the number of inputs so far. Ids from 34 below to 10 above the newest are drawn.
    private static long Id(SeededRandom random) => Math.Max(1, random.OneIn(8) ? random.Below(60) : (random.Number / 145) + 10 - random.Below(45));

    public static string Word(SeededRandom random, string field, string queue) => random.OneIn(8) ? random.Text(20) : field switch
    {
        "queue" => Queue(random),
        "callback" => random.Of("f", "app.on.message", "$", "f.", ".f", "1f", "alert(1)", "f</script>", new string('f', 101), "constructor", "é"),
        "id" => random.Of("1", "k", new string('k', 200), new string('k', 201), "é", "a b", "", "x:y", "{a}"),
        "policy" => random.Of("broadcast", "roundrobin", "Broadcast", "", "none"),
        // Not "replicated": the fuzz's Redis has no replica, so such an add is rightly 503 after a wait.
        "durability" => random.Of("stored", "Stored", "fsynced", ""),
        "status" => random.Of("start", "stop", "redrive", "START", "", "purge"),
        "state" => random.Of("ready", "leased", "delayed", "dead", "gone", ""),
        "format" => random.Of("raw", "json", ""),
        "from" => random.Of("earliest", "latest", ""),
        "bury" or "reason" => random.Of("no such customer", "", new string('r', 3000), "é\n"),
        "key" or "receipt" => Receipt(random, queue),
        "value" or "msg" or "body" => Value(random),
        "type" => random.Of("text/plain", "image/png", "", "x", "text/plain\r\nX: y", new string('t', 300), "application/json"),
        "encoding" => random.Of("base64", "hex", ""),
        _ => Number(random),
    };

    public static string Value(SeededRandom random) => random.Below(6) switch
    {
        0 => "hello",
        1 => Json.Any(random, 3),
        2 => random.Text(60),
        3 => new string('v', random.Below(6000)),
        4 => Convert.ToBase64String(random.Bytes(30)),
        _ => "",
    };

    /// <summary>
    /// Encodes text for a URL or a form. One result in 30 is a fixed, odd escape instead of the text.
    /// </summary>
    public static string Encode(SeededRandom random, string text)
    {
        if (random.OneIn(30)) return random.Of("%", "%zz", "%2", "%00", "%2F", "%2e%2e", "%25", "%ff", "%c3%28", "%ed%a0%80", "%u0041", "+", "%0d%0a", "..;", "*");
        if (random.OneIn(10)) return string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:x2}"));
        return Uri.EscapeDataString(text);
    }
}
