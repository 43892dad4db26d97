using System.Text;

namespace RestMq.TestUtilities.Wire;

/// <summary>
/// Writes requests as curl does. It adds <c>Host</c> and <c>Content-Length</c> when they are not given. When there is a
/// body, it also adds the content type of a form. A header without a value (<c>Content-Type:</c>) removes that header.
/// </summary>
public static class RawRequest
{
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>Returns the bytes of a request.</summary>
    /// <param name="line">The request line. Without a version, the version is HTTP/1.1.</param>
    /// <param name="body">The body.</param>
    /// <param name="headers">Headers such as <c>Accept: */*</c>.</param>
    public static byte[] Write(string line, ReadOnlySpan<byte> body = default, params IEnumerable<string> headers)
    {
        if (!line.Contains(" HTTP/", StringComparison.Ordinal)) line += " HTTP/1.1";
        var all = headers.ToList();
        Default(all, "Host", line.EndsWith("/1.0", StringComparison.Ordinal) ? null : "localhost");
        Default(all, "Content-Type", body.IsEmpty ? null : Form);
        var counted = !body.IsEmpty || line.StartsWith("POST", StringComparison.Ordinal);
        if (!Has(all, "Transfer-Encoding")) Default(all, "Content-Length", counted ? $"{body.Length}" : null);
        all.RemoveAll(h => h.EndsWith(':'));
        return [.. Encoding.UTF8.GetBytes($"{line}\r\n{string.Concat(all.Select(h => h + "\r\n"))}\r\n"), .. body];
    }

    public static byte[] Write(string line, string? body, params IEnumerable<string> headers) =>
        Write(line, Encoding.UTF8.GetBytes(body ?? ""), headers);

    /// <summary>Returns a body in chunks of the given size, with the empty last chunk.</summary>
    public static byte[] Chunked(ReadOnlySpan<byte> body, int size)
    {
        using var bytes = new MemoryStream();
        for (var i = 0; i < body.Length; i += size)
        {
            var chunk = body[i..Math.Min(i + size, body.Length)];
            bytes.Write(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            bytes.Write(chunk);
            bytes.Write("\r\n"u8);
        }
        bytes.Write("0\r\n\r\n"u8);
        return bytes.ToArray();
    }

    /// <summary>Returns the body of a form with one field, whose value is percent-encoded.</summary>
    public static string FormOf(string name, string value) => $"{name}={Uri.EscapeDataString(value)}";

    private static bool Has(List<string> headers, string name) =>
        headers.Exists(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    private static void Default(List<string> headers, string name, string? value)
    {
        if (value is not null && !Has(headers, name)) headers.Add($"{name}: {value}");
    }
}
