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

    public static string Queue(Dice dice) => dice.Below(10) switch
    {
        < 8 => dice.Of<string>(Queues),
        8 => dice.Of<string>(OddQueues),
        _ => dice.Text(12),
    };

    public static string Number(Dice dice) => dice.OneIn(2) ? $"{dice.Below(12)}" : dice.Of<string>(Numbers);

    public static string Receipt(Dice dice, string queue) => dice.Below(8) switch
    {
        < 5 => $"{queue}:{Id(dice)}{(dice.OneIn(3) ? "" : $".{1 + dice.Below(3)}")}",
        5 => $"{dice.Of<string>(Queues)}:{1 + dice.Below(30)}.{dice.Below(3)}",
        6 => queue + dice.Of(
            ":0", ":01", ":-1", ":1.0", ":1.01", ":1.1.1", ":", "", ":1.", ":.1", ":x", ":1e3", ":\uff11", ":9223372036854775807.9223372036854775807",
            ":9223372036854775808", ":99999999999999999999.1", ":4611686018427387904", ":9007199254740993.1", ": 1", ":1 ", ":+1"),
        _ => dice.Text(12),
    };

    // Returns an id that is likely to exist. On average, 145 inputs add one message to a queue, so its newest id is
    // about a 145th of the number of inputs so far. Ids from 34 below to 10 above the newest are drawn.
    private static long Id(Dice dice) => Math.Max(1, dice.OneIn(8) ? dice.Below(60) : (dice.Number / 145) + 10 - dice.Below(45));

    public static string Word(Dice dice, string field, string queue) => dice.OneIn(8) ? dice.Text(20) : field switch
    {
        "queue" => Queue(dice),
        "callback" => dice.Of("f", "app.on.message", "$", "f.", ".f", "1f", "alert(1)", "f</script>", new string('f', 101), "constructor", "é"),
        "id" => dice.Of("1", "k", new string('k', 200), new string('k', 201), "é", "a b", "", "x:y", "{a}"),
        "policy" => dice.Of("broadcast", "roundrobin", "Broadcast", "", "none"),
        // Not "replicated": the fuzz's Redis has no replica, so such an add is rightly 503 after a wait.
        "durability" => dice.Of("stored", "Stored", "fsynced", ""),
        "status" => dice.Of("start", "stop", "redrive", "START", "", "purge"),
        "state" => dice.Of("ready", "leased", "delayed", "dead", "gone", ""),
        "format" => dice.Of("raw", "json", ""),
        "from" => dice.Of("earliest", "latest", ""),
        "bury" or "reason" => dice.Of("no such customer", "", new string('r', 3000), "é\n"),
        "key" or "receipt" => Receipt(dice, queue),
        "value" or "msg" or "body" => Value(dice),
        "type" => dice.Of("text/plain", "image/png", "", "x", "text/plain\r\nX: y", new string('t', 300), "application/json"),
        "encoding" => dice.Of("base64", "hex", ""),
        _ => Number(dice),
    };

    public static string Value(Dice dice) => dice.Below(6) switch
    {
        0 => "hello",
        1 => Json.Any(dice, 3),
        2 => dice.Text(60),
        3 => new string('v', dice.Below(6000)),
        4 => Convert.ToBase64String(dice.Bytes(30)),
        _ => "",
    };

    /// <summary>
    /// Encodes text for a URL or a form. One result in 30 is a fixed, odd escape instead of the text.
    /// </summary>
    public static string Encode(Dice dice, string text)
    {
        if (dice.OneIn(30)) return dice.Of("%", "%zz", "%2", "%00", "%2F", "%2e%2e", "%25", "%ff", "%c3%28", "%ed%a0%80", "%u0041", "+", "%0d%0a", "..;", "*");
        if (dice.OneIn(10)) return string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:x2}"));
        return Uri.EscapeDataString(text);
    }
}
