using System.Text;
using System.Text.Json;

namespace RestMq.TestServers.Wire;

/// <summary>A reply as it came over the wire, its body's transfer coding undone.</summary>
public sealed record RawReply(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>Whether an interim <c>100 Continue</c> came before it.</summary>
    public bool Continued { get; init; }

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body's lines; each has to end in CRLF.</summary>
    public string[] Lines
    {
        get
        {
            if (Body.Length == 0) return [];
            Text.Should().EndWith("\r\n", "every line ends in CRLF");
            return Text[..^2].Split("\r\n");
        }
    }

    public JsonElement Json => ParseJson(Text);

    /// <summary>The one header of this name; null when there is none.</summary>
    public string? Header(string name)
    {
        var found = All(name).ToArray();
        found.Length.Should().BeLessThan(2, $"{name} comes once in {this}");
        return found.SingleOrDefault();
    }

    public IEnumerable<string> All(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    /// <summary>The content type without its parameters.</summary>
    public string? MediaType => Header("Content-Type")?.Split(';')[0].Trim();

    /// <summary>Asserts the status, and shows the whole reply when it is another.</summary>
    public RawReply Is(int status)
    {
        Status.Should().Be(status, $"the reply was\n{this}\n");
        return this;
    }

    /// <summary>Asserts a 204, which has no body and says no length.</summary>
    public void IsNoContent()
    {
        Is(204);
        (Header("Content-Length") ?? "0").Should().Be("0");
        Header("Transfer-Encoding").Should().BeNull();
    }

    /// <summary>Asserts a failure of the table in docs/http.md, such as <c>400</c>, <c>bad-request</c>.</summary>
    public void IsProblem(int status, string type)
    {
        Is(status);
        MediaType.Should().Be("application/problem+json", $"the reply was\n{this}\n");
        Json.GetProperty("type").GetString().Should().Be("urn:restmq:" + type, $"the reply was\n{this}\n");
        Json.GetProperty("status").GetInt32().Should().Be(status);
        Json.GetProperty("title").GetString().Should().NotBeNullOrEmpty();
        Json.GetProperty("detail").GetString().Should().NotBeNullOrEmpty();
    }

    /// <summary>Asserts what docs/http.md says of every reply.</summary>
    public void FollowsTheRules()
    {
        Header("X-Content-Type-Options").Should().Be("nosniff", $"every reply has it; this one was\n{this}\n");
        Header("Cache-Control").Should().Contain("no-store", $"no reply is cached; this one was\n{this}\n");
        Header("ETag").Should().BeNull($"a message is not a resource to revalidate; the reply was\n{this}\n");
    }

    /// <summary>Reads JSON; text that is none fails the test with the text.</summary>
    public static JsonElement ParseJson(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no JSON ({e.Message}): {Escaped.Show(text)}");
        }
    }

    public override string ToString() =>
        $"{Status}\n{string.Concat(Headers.Select(h => $"{h.Key}: {h.Value}\n"))}\n{Escaped.Show(Body)}";
}
