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

    public static byte[] Command(SeededRandom random, string queue)
    {
        if (random.OneIn(20)) return Encoding.UTF8.GetBytes(Any(random, 5));
        var json = new StringBuilder("{");
        json.Append("\"cmd\":").Append(random.OneIn(15) ? Any(random, 1) : $"\"{(random.OneIn(2) ? "add" : random.Of<string>(Commands))}\"");
        if (!random.OneIn(8)) json.Append(",\"queue\":").Append(Quote(queue));
        foreach (var field in Fields)
        {
            if (random.OneIn(3)) json.Append(",\"").Append(field).Append("\":").Append(Field(random, field, queue));
        }
        json.Append('}');
        var bytes = Encoding.UTF8.GetBytes(json.ToString());
        return random.OneIn(4) ? random.Mutate(bytes) : bytes;
    }

    public static string Any(SeededRandom random, int depth) => random.Below(depth <= 0 ? 9 : 13) switch
    {
        0 => "null",
        1 => random.Of("true", "false"),
        2 => $"{random.Below(1000) - 500}",
        3 => random.Of("1e999", "-0", "1.0", "123456789012345678901234567890", "1E+2", "01", ".5", "-", "NaN", "0.1e-7"),
        4 or 5 => Quote(random.Text(20)),
        6 => random.Of("\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\x\"", "\"unended", "\"a\nb\"", "'a'", "\"\\ud83d\\udc07\""),
        7 => random.Of("", " ", "{", "}", "[,]", "{\"a\"}", "{\"a\":1,}", "// c", "[1]x", "\ufeff{}", "undefined"),
        8 => Deep(random),
        9 or 10 => $"[{string.Join(random.Of(",", " , ", "\n,"), Enumerable.Range(0, random.Below(4)).Select(_ => Any(random, depth - 1)))}]",
        _ => $"{{{string.Join(",", Enumerable.Range(0, random.Below(4)).Select(_ => $"{Quote(random.Text(4))}:{Any(random, depth - 1)}"))}}}",
    };

    private static string Field(SeededRandom random, string field, string queue)
    {
        if (random.OneIn(10)) return Any(random, 2);
        return field switch
        {
            "value" => Any(random, 2),
            "values" => $"[{string.Join(",", Enumerable.Range(0, random.Below(4)).Select(_ => Any(random, 1)))}]",
            "delay" or "ttl" or "lease" => random.OneIn(4) ? Quote(Values.Number(random)) : random.OneIn(2) ? $"{random.Below(5)}" : Values.Number(random),
            "cmd" => $"\"{random.Of<string>(Commands)}\"",
            _ => Quote(Values.Word(random, field, queue)),
        };
    }

    private static string Deep(SeededRandom random)
    {
        var depth = random.Of(10, 63, 64, 65, 1000);
        return random.OneIn(2) ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
