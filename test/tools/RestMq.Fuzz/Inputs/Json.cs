using System.Text;
using System.Text.Json;

namespace RestMq.Fuzz.Inputs;

/// <summary>Makes commands of the JSON protocol, and invalid JSON.</summary>
internal static class Json
{
    private static readonly string[] Commands =
        ["add", "get", "take", "lease", "del", "extend", "release", "bury", "len", "purge", "policy", "start", "stop", "redrive", "queues"];

    private static readonly string[] Fields =
        ["queue", "value", "values", "delay", "ttl", "id", "durability", "encoding", "type", "key", "receipt", "lease", "reason", "policy", "cmd", "extra"];

    public static byte[] Command(Dice dice, string queue)
    {
        if (dice.OneIn(20)) return Encoding.UTF8.GetBytes(Any(dice, 5));
        var json = new StringBuilder("{");
        json.Append("\"cmd\":").Append(dice.OneIn(15) ? Any(dice, 1) : $"\"{(dice.OneIn(2) ? "add" : dice.Of<string>(Commands))}\"");
        if (!dice.OneIn(8)) json.Append(",\"queue\":").Append(Quote(queue));
        foreach (var field in Fields)
        {
            if (dice.OneIn(3)) json.Append(",\"").Append(field).Append("\":").Append(Field(dice, field, queue));
        }
        json.Append('}');
        var bytes = Encoding.UTF8.GetBytes(json.ToString());
        return dice.OneIn(4) ? dice.Mutate(bytes) : bytes;
    }

    public static string Any(Dice dice, int depth) => dice.Below(depth <= 0 ? 9 : 13) switch
    {
        0 => "null",
        1 => dice.Of("true", "false"),
        2 => $"{dice.Below(1000) - 500}",
        3 => dice.Of("1e999", "-0", "1.0", "123456789012345678901234567890", "1E+2", "01", ".5", "-", "NaN", "0.1e-7"),
        4 or 5 => Quote(dice.Text(20)),
        6 => dice.Of("\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\x\"", "\"unended", "\"a\nb\"", "'a'", "\"\\ud83d\\udc07\""),
        7 => dice.Of("", " ", "{", "}", "[,]", "{\"a\"}", "{\"a\":1,}", "// c", "[1]x", "\ufeff{}", "undefined"),
        8 => Deep(dice),
        9 or 10 => $"[{string.Join(dice.Of(",", " , ", "\n,"), Enumerable.Range(0, dice.Below(4)).Select(_ => Any(dice, depth - 1)))}]",
        _ => $"{{{string.Join(",", Enumerable.Range(0, dice.Below(4)).Select(_ => $"{Quote(dice.Text(4))}:{Any(dice, depth - 1)}"))}}}",
    };

    private static string Field(Dice dice, string field, string queue)
    {
        if (dice.OneIn(10)) return Any(dice, 2);
        return field switch
        {
            "value" => Any(dice, 2),
            "values" => $"[{string.Join(",", Enumerable.Range(0, dice.Below(4)).Select(_ => Any(dice, 1)))}]",
            "delay" or "ttl" or "lease" => dice.OneIn(4) ? Quote(Values.Number(dice)) : dice.OneIn(2) ? $"{dice.Below(5)}" : Values.Number(dice),
            "cmd" => $"\"{dice.Of<string>(Commands)}\"",
            _ => Quote(Values.Word(dice, field, queue)),
        };
    }

    private static string Deep(Dice dice)
    {
        var depth = dice.Of(10, 63, 64, 65, 1000);
        return dice.OneIn(2) ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
