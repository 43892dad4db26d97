// What run.sh measures RestMQ against: the same server doing the same HTTP work, with no queue behind it. With --Redis=host:port there is a
// /trip too, the least that a queue on Redis can cost: requests gather as RestMQ's do, and go together through a script that does nothing.

using System.Security.Cryptography;
using System.Text;
using RestMq.Engine;
using StackExchange.Redis;

const string Nothing = "return ARGV";

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as the sample's settings have it

var key = "test:1\r\n"u8.ToArray();
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
    var redis = (await ConnectionMultiplexer.ConnectAsync(server)).GetDatabase();
    await redis.ScriptEvaluateAsync(Nothing);
    var hash = SHA1.HashData(Encoding.UTF8.GetBytes(Nothing));
    var trips = new GroupCommit<RedisValue, RedisResult>(
        async values => (RedisResult[])(await redis.ScriptEvaluateAsync(hash, [], [.. values]))!, static _ => 1, maxWeight: 1000);
    app.MapPost("/trip", async context =>
    {
        await trips.SendAsync((await context.Request.ReadFormAsync())["value"].ToString());
        await AnswerPostAsync(context);
    });
    app.MapGet("/trip", async context =>
    {
        await trips.SendAsync(message);
        await AnswerGetAsync(context);
    });
}
app.Run();

Task AnswerPostAsync(HttpContext context) => AnswerAsync(context, "text/plain; charset=utf-8", key);

Task AnswerGetAsync(HttpContext context)
{
    context.Response.Headers.XContentTypeOptions = "nosniff";
    context.Response.Headers.CacheControl = "no-store";
    return AnswerAsync(context, "application/json", message);
}

static Task AnswerAsync(HttpContext context, string contentType, byte[] body)
{
    context.Response.ContentType = contentType;
    context.Response.ContentLength = body.Length;
    return context.Response.BodyWriter.WriteAsync(body).AsTask();
}
