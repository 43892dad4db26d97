using System.Text;
using System.Text.Json;

namespace RestMq.TestUtilities.Wire;

/// <summary>Holds a reply as it was sent, with its body decoded from the chunked transfer coding.</summary>
public sealed record RawReply(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>Gets whether an interim <c>100 Continue</c> came before the reply.</summary>
    public bool Continued { get; init; }

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Gets the lines of the body. Each must end in CRLF.</summary>
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

    /// <summary>Returns the header of this name, or null. Asserts that the header is not repeated.</summary>
    public string? Header(string name)
    {
        var found = All(name).ToArray();
        found.Length.Should().BeLessThan(2, $"{name} must not be repeated in {this}");
        return found.SingleOrDefault();
    }

    public IEnumerable<string> All(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    /// <summary>Gets the content type without its parameters.</summary>
    public string? MediaType => Header("Content-Type")?.Split(';')[0].Trim();

    /// <summary>Asserts the status. A failure shows the whole reply.</summary>
    public RawReply Is(int status)
    {
        Status.Should().Be(status, $"the reply was\n{this}\n");
        return this;
    }

    /// <summary>Asserts a 204, which has no body and states no length but 0.</summary>
    public void IsNoContent()
    {
        Is(204);
        (Header("Content-Length") ?? "0").Should().Be("0");
        Header("Transfer-Encoding").Should().BeNull();
    }

    /// <summary>
    /// Asserts an error of the table in docs/reference/http-api.md, such as <c>400</c> with <c>bad-request</c>.
    /// </summary>
    public void IsProblem(int status, string type)
    {
        Is(status);
        MediaType.Should().Be("application/problem+json", $"the reply was\n{this}\n");
        Json.GetProperty("type").GetString().Should().Be("urn:restmq:" + type, $"the reply was\n{this}\n");
        Json.GetProperty("status").GetInt32().Should().Be(status);
        Json.GetProperty("title").GetString().Should().NotBeNullOrEmpty();
        Json.GetProperty("detail").GetString().Should().NotBeNullOrEmpty();
    }

    /// <summary>Asserts the headers that docs/reference/http-api.md promises for every reply.</summary>
    public void FollowsTheRules()
    {
        Header("X-Content-Type-Options").Should().Be("nosniff",
            $"every reply has this header, and the reply was\n{this}\n");
        Header("Cache-Control").Should().Contain("no-store", $"no reply may be cached, and the reply was\n{this}\n");
        Header("ETag").Should().BeNull($"a message is no resource to revalidate, and the reply was\n{this}\n");
    }

    /// <summary>Parses JSON. Invalid JSON fails the test with a message that shows the text.</summary>
    public static JsonElement ParseJson(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The text must be JSON ({e.Message}), but was: {Escaped.Show(text)}");
        }
    }

    public override string ToString() =>
        $"{Status}\n{string.Concat(Headers.Select(h => $"{h.Key}: {h.Value}\n"))}\n{Escaped.Show(Body)}";
}
