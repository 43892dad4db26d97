// The server that run.sh compares RestMQ with: Kestrel doing the same HTTP work without a queue (/bare). With
// --Redis=host:port it also serves /q/bench with the cheapest possible queue (Least.cs), and the RestMQ routes that
// run.sh needs.

using RestMq.Bench;
using StackExchange.Redis;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as in the settings of the sample host

var key = "bench:100000\r\n"u8.ToArray();
var message = """{"key":"bench:100000","value":"foobar","count":1}"""u8.ToArray().Concat("\r\n"u8.ToArray()).ToArray();

var app = builder.Build();
app.MapPost("/bare", async context =>
{
    await context.Request.ReadFormAsync();
    await AnswerPostAsync(context);
});
app.MapGet("/bare", AnswerGetAsync);

if (app.Configuration["Redis"] is { } server)
{
    var queue = new Least((await ConnectionMultiplexer.ConnectAsync(server)).GetDatabase());
    app.MapPost("/q/bench", async context =>
    {
        if (context.Request.HasFormContentType) await queue.AddAsync((await context.Request.ReadFormAsync())["value"].ToString());
        else await queue.AddAsync(await ReadLinesAsync(context.Request));
        await AnswerPostAsync(context);
    });
    app.MapGet("/q/bench", async context =>
    {
        var id = await queue.TakeAsync();
        if (id.IsNull)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        await AnswerGetAsync(context);
        _ = queue.DeleteAsync(id);
    });
    app.MapMethods("/q/bench", ["HEAD"], async (HttpResponse response) => response.Headers["Restmq-Length"] = $"{await queue.CountAsync()}");
    app.MapDelete("/q/bench", queue.PurgeAsync);
}
app.Run();

Task AnswerPostAsync(HttpContext context)
{
    context.Response.Headers.Location = "http://127.0.0.1:8888/q/bench/bench:100000";
    return AnswerAsync(context, "text/plain; charset=utf-8", key);
}

Task AnswerGetAsync(HttpContext context) => AnswerAsync(context, "application/json", message);

static Task AnswerAsync(HttpContext context, string contentType, byte[] body)
{
    context.Response.Headers.XContentTypeOptions = "nosniff";
    context.Response.Headers.CacheControl = "no-store";
    context.Response.ContentType = contentType;
    context.Response.ContentLength = body.Length;
    return context.Response.BodyWriter.WriteAsync(body).AsTask();
}

static async Task<RedisValue[]> ReadLinesAsync(HttpRequest request)
{
    using var reader = new StreamReader(request.Body);
    return [.. (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
