// What run.sh measures RestMQ against: the same server doing the same HTTP work, with no queue behind it.

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as the sample's settings have it

var key = "test:1\r\n"u8.ToArray();
var message = """{"key":"bench:100000","value":"foobar","count":1}"""u8.ToArray().Concat("\r\n"u8.ToArray()).ToArray();

var app = builder.Build();
app.MapPost("/bare", async context =>
{
    await context.Request.ReadFormAsync();
    await ReplyAsync(context, "text/plain; charset=utf-8", key);
});
app.MapGet("/bare", context =>
{
    context.Response.Headers.XContentTypeOptions = "nosniff";
    context.Response.Headers.CacheControl = "no-store";
    return ReplyAsync(context, "application/json", message);
});
app.Run();

static Task ReplyAsync(HttpContext context, string contentType, byte[] body)
{
    context.Response.ContentType = contentType;
    context.Response.ContentLength = body.Length;
    return context.Response.BodyWriter.WriteAsync(body).AsTask();
}
