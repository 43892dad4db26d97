using System.Text;
using System.Text.Json;

namespace RestMq.Conformance.Exchanges;

/// <summary>
/// Whether two JSON texts say the same: members in any order, strings however escaped, numbers digit by digit. An expected member
/// <c>"{*}"</c> is there with whatever value.
/// </summary>
public static class JsonSame
{
    public static void Check(string expected, string actual)
    {
        var found = RawReply.ParseJson(actual);
        var wanted = RawReply.ParseJson(expected);
        Write(found, wanted).Should().Be(Write(wanted, wanted), $"the JSON was {Escaped.Show(actual)}");
    }

    private static string Write(JsonElement json, JsonElement wanted)
    {
        var text = new StringBuilder();
        Write(json, text, name => wanted.ValueKind == JsonValueKind.Object && wanted.TryGetProperty(name, out var value) && value.ToString() == "{*}");
        return text.ToString();
    }

    private static void Write(JsonElement json, StringBuilder text, Func<string, bool>? isAny = null)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in json.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    text.Append('"').Append(member.Name).Append("\":");
                    if (isAny?.Invoke(member.Name) == true) text.Append('*');
                    else Write(member.Value, text);
                    text.Append(' ');
                }
                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in json.EnumerateArray())
                {
                    Write(item, text);
                    text.Append(' ');
                }
                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append('"').Append(json.GetString()).Append('"');
                break;
            default:
                text.Append(json.GetRawText());
                break;
        }
    }
}
