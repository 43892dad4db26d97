using Microsoft.AspNetCore.Http;

namespace RestMq.Pages;

/// <summary>Renders a form to try the JSON protocol.</summary>
internal static class CommandPage
{
    private const string Content = """
        <p>A command is a JSON object, and so is the reply.</p>
        <pre>{"cmd":"add","queue":"test","value":"foobar"}
        {"cmd":"get","queue":"test"}
        {"cmd":"take","queue":"test"}
        {"cmd":"del","queue":"test","key":"test:1"}
        {"cmd":"lease","queue":"test","lease":30}
        {"cmd":"extend","queue":"test","receipt":"test:2.1","lease":60}
        {"cmd":"release","queue":"test","receipt":"test:2.1","delay":5}
        {"cmd":"bury","queue":"test","receipt":"test:2.1","reason":"no such account"}
        {"cmd":"redrive","queue":"test","key":"test:2"}
        {"cmd":"purge","queue":"test","state":"dead"}</pre>
        <form method="post">
        <textarea name="body" rows="8" cols="60">{"cmd":"add","queue":"test","value":"foobar"}</textarea>
        <p><button>Send</button></p>
        </form>

        """;

    public static string Of(HttpContext context) => Html.Page("JSON protocol", $"{Content}<p><a href=\"{Html.Url(context, "queue", "q")}\">All queues</a></p>");
}
