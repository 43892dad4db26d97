using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace RestMq.Pages;

/// <summary>Holds what all pages share: content negotiation, the frame, and the encoding of text and URLs.</summary>
internal static class Html
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
        table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
        td { overflow-wrap: anywhere; }
        code, pre, textarea { font: 14px/1.4 ui-monospace, monospace; } pre { background: #f5f5f5; padding: .6rem; overflow: auto; }
        a { color: #a00; } .number { text-align: right; }
        """;

    /// <summary>Gets the hash of the style sheet, in base64, for the pages' content security policy.</summary>
    public static string StyleHash { get; } = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <summary>Returns whether the client accepts HTML, as browsers do.</summary>
    public static bool IsWanted(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    public static string Text(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>Returns the HTML-encoded URL of another route of the same group.</summary>
    public static string Url(HttpContext context, string page, string path) => Text(Path(context, page, path));

    /// <summary>
    /// Returns the path of another route of the same group. Every page's own path is <c>…/name</c> or
    /// <c>…/name/queue</c>.
    /// </summary>
    /// <param name="context">The request of a page.</param>
    /// <param name="page">The page's name.</param>
    /// <param name="path">The path within the group, percent-encoded.</param>
    public static string Path(HttpContext context, string page, string path)
    {
        var here = context.Request.PathBase.Add(context.Request.Path).Value!;
        // Searches for the queue too, because a queue may have the name of a page.
        var end = context.Request.RouteValues["queue"] is string queue ? $"/{page}/{queue}" : "/" + page;
        var group = here[..here.LastIndexOf(end, StringComparison.OrdinalIgnoreCase)];
        return $"{new PathString(group).ToUriComponent()}/{path}";
    }

    public static string Page(string title, string content) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{Text(title)}} · RestMQ</title>
        <style>{{Style}}</style>
        </head>
        <body>
        <h1>{{Text(title)}}</h1>
        {{content}}
        </body>
        </html>

        """;
}
