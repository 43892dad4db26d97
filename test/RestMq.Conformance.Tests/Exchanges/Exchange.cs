using System.Text;

namespace RestMq.Conformance.Exchanges;

/// <summary>
/// One request and the reply it must get, read from a <c>.http</c> file:
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
/// Lines that begin with <c>#</c> and empty lines say nothing. What curl puts into a request is put in here too (see <see cref="RawRequest"/>).
/// A body is its lines, one right behind the other; line ends in it are written as in C (<c>\r \n \t \0 \\ \xHH</c>).
/// <list type="bullet">
/// <item>A body is compared byte for byte, and no body lines mean no bytes. <c>{store}</c> stands for the store's name, <c>{*}</c> for a
/// number, a time or null that nobody can foretell.</item>
/// <item>Lines that begin with <c>&lt;~</c> are one JSON value each, compared by what they say: members in any order, strings however
/// escaped, numbers digit by digit, <c>"{*}"</c> as above. The reply has them in lines that end in CRLF.</item>
/// <item><c>&lt; 400 bad-request</c> is a failure of the table in docs/http.md, as problem+json.</item>
/// <item><c>&lt; 405 any</c> is that status and whatever body.</item>
/// <item>A header is compared whole, <c>Content-Type</c> without parameters unless the file has some; <c>Name: …/x</c> means that it ends so.</item>
/// </list>
/// </summary>
public sealed record Exchange(string Title, byte[] Request, bool OneRequestOnly, int Status)
{
    /// <summary>The problem's type, <c>any</c>, or null when the body below counts.</summary>
    public string? Kind { get; private init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; private init; } = [];

    /// <summary>The body's text, still escaped; null when it is given as JSON.</summary>
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
                if (title is null || line[0] is not ('>' or '<')) throw new FormatException($"{path}: what is this? {line}");
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
