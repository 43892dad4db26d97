using System.Text;
using System.Text.Json;

namespace RestMq.EndToEnd.Exchanges;

/// <summary>
/// Compares two JSON texts by meaning: members may have any order, strings any escapes, and numbers must have the same
/// digits. An expected member <c>"{*}"</c> must be present and matches any value.
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
        Write(json, text, wanted);
        return text.ToString();
    }

    // The expected JSON is traversed together with the actual one, because its "{*}" members match any value. It is
    // null where the two have different shapes.
    private static void Write(JsonElement json, StringBuilder text, JsonElement? wanted)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in json.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    text.Append('"').Append(member.Name).Append("\":");
                    var value = wanted is { ValueKind: JsonValueKind.Object } && wanted.Value.TryGetProperty(member.Name, out var found) ? found : (JsonElement?)null;
                    if (value?.ToString() == "{*}") text.Append('*');
                    else Write(member.Value, text, value);
                    text.Append(' ');
                }
                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var (i, item) in json.EnumerateArray().Index())
                {
                    Write(item, text, wanted is { ValueKind: JsonValueKind.Array } && i < wanted.Value.GetArrayLength() ? wanted.Value[i] : null);
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
