using System.Text;

namespace RestMq.EndToEnd.Exchanges;

/// <summary>
/// Holds one request and its expected reply, read from a <c>.http</c> file:
/// <code>
/// === a title
/// > POST /q/test
/// > Idempotency-Key: 7
/// >
/// > value=foobar
/// &lt; 200
/// &lt; Content-Type: text/plain
/// &lt;
/// &lt; test:1\r\n
/// </code>
/// Empty lines and lines that begin with <c>#</c> are ignored. The request also gets the headers that curl adds (see
/// <see cref="RawRequest"/>). The lines of a body are joined without a separator. Line ends in a body are written with
/// the escapes of C (<c>\r \n \t \0 \\ \xHH</c>).
/// <list type="bullet">
/// <item>A body is compared byte for byte. No body lines mean an empty body. <c>{store}</c> stands for the name of the
/// store. <c>{*}</c> stands for an unpredictable number, time or null.</item>
/// <item>Each line that begins with <c>&lt;~</c> is one JSON value, compared by meaning: members may have any order,
/// strings any escapes, and numbers must have the same digits. <c>"{*}"</c> matches any value. The lines of the reply
/// must end in CRLF.</item>
/// <item><c>&lt; 400 bad-request</c> is an error of the table in docs/reference/http-api.md, as problem+json.</item>
/// <item><c>&lt; 405 any</c> is that status with any body.</item>
/// <item>A header must equal its value. The parameters of <c>Content-Type</c> count only if the file has some.
/// <c>Name: …/x</c> means that the value ends with <c>/x</c>.</item>
/// </list>
/// </summary>
public sealed record Exchange(string Title, byte[] Request, bool OneRequestOnly, int Status)
{
    /// <summary>
    /// Gets the type of the expected problem, <c>any</c> for any body, or null when <see cref="Body"/> or
    /// <see cref="JsonLines"/> is expected.
    /// </summary>
    public string? Kind { get; private init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; private init; } = [];

    /// <summary>Gets the expected body, still escaped.</summary>
    public string? Body { get; private init; }

    public IReadOnlyList<string> JsonLines { get; private init; } = [];

    public bool IsHead { get; private init; }

    public static IReadOnlyList<Exchange> ReadFile(string path)
    {
        var found = new List<Exchange>();
        string? title = null;
        var lines = new List<string>();
        foreach (var line in File.ReadLines(path).Append("=== "))
        {
            if (line.StartsWith("=== ", StringComparison.Ordinal))
            {
                if (title is not null) found.Add(Parse(title, lines));
                title = line[4..];
                lines.Clear();
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                if (title is null || line[0] is not ('>' or '<'))
                    throw new FormatException(
                        $"{path}: a line must follow a '=== title' and begin with '>', '<' or '#', but was: {line}");
                lines.Add(line);
            }
        }
        return found;
    }

    private static Exchange Parse(string title, List<string> lines)
    {
        var (request, sent) = Split([.. lines.Where(l => l[0] == '>').Select(Strip)]);
        var (expected, body) = Split([.. lines.Where(l => l[0] == '<' && !l.StartsWith("<~", StringComparison.Ordinal)).Select(Strip)]);
        var status = expected[0].Split(' ', 2);
        var headers = request[1..];
        return new Exchange(title, RawRequest.Write(request[0], Escaped.Read(sent), headers), EndsConnection(request[0], headers), int.Parse(status[0]))
        {
            Kind = status.ElementAtOrDefault(1),
            Headers = [.. expected[1..].Select(h => (h[..h.IndexOf(':')], h[(h.IndexOf(':') + 1)..].Trim()))],
            JsonLines = [.. lines.Where(l => l.StartsWith("<~", StringComparison.Ordinal)).Select(l => l[2..].Trim())],
            Body = body,
            IsHead = request[0].StartsWith("HEAD ", StringComparison.Ordinal),
        };
    }

    private static bool EndsConnection(string line, string[] headers) =>
        headers.Contains("Connection: close") || (line.EndsWith("/1.0", StringComparison.Ordinal) && !headers.Contains("Connection: keep-alive"));

    private static string Strip(string line) => line.Length > 2 ? line[2..] : "";

    private static (string[] Head, string Body) Split(string[] lines)
    {
        var empty = Array.IndexOf(lines, "");
        return empty < 0 ? (lines, "") : (lines[..empty], new StringBuilder().AppendJoin("", lines[(empty + 1)..]).ToString());
    }
}
