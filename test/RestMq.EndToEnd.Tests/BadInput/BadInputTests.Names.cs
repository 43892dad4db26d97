namespace RestMq.EndToEnd.BadInput;

/// <summary>Tests invalid queue names, and keys of other queues.</summary>
public abstract partial class BadInputTests
{
    [Theory]
    [InlineData("POST /q/", "value=x")]
    [InlineData("POST /q/a%2Fb", "value=x")]
    [InlineData("POST /q/a%20b", "value=x")]
    [InlineData("POST /q/%FF", "value=x")]
    [InlineData("POST /", "value=x")]
    [InlineData("POST /", "queue=&value=x")]
    [InlineData("POST /", "queue=%FF&value=x", "any")]
    [InlineData("GET /?queue=", "")]
    [InlineData("GET /?queue=a%20b", "")]
    [InlineData("GET /?queue=%FF", "", "any")]
    [InlineData("GET /q/a%20b", "")]
    [InlineData("GET /q/a,b%20c", "")]
    [InlineData("GET /q/,", "")]
    [InlineData("HEAD /q/a%20b", "", "any")]
    [InlineData("DELETE /q/a%20b", "")]
    [InlineData("DELETE /q/a,b", "")]
    [InlineData("POST /q/a,b", "value=x")]
    [InlineData("GET /q/a%20b/a%20b:1", "")]
    [InlineData("GET /c/a%20b", "")]
    [InlineData("GET /c/%FF", "")]
    [InlineData("GET /c/a,b", "")]
    [InlineData("GET /p/a%20b", "")]
    [InlineData("POST /p/a%20b", "policy=broadcast")]
    [InlineData("GET /control/a%20b", "")]
    [InlineData("POST /control/a%20b", "status=stop")]
    [InlineData("GET /stats/a%20b", "")]
    [InlineData("GET /stats/%FF", "")]
    [InlineData("GET /j/a%20b", "")]
    public Task Request_InvalidQueueName_Returns400(string request, string form, string type = "bad-queue-name") =>
        ChangesNothingAsync(async _ =>
        {
            var reply = await Host.AskAsync(request, form);
            if (type == "any") reply.Is(400);
            else reply.IsProblem(400, type);
        });

    [Fact]
    public async Task Delete_KeyOfAnotherQueue_DeletesNothing()
    {
        var victim = Host.NextQueue();
        await Host.PostAsync(victim, "kept");
        await ChangesNothingAsync(async queue =>
        {
            foreach (var key in new[] { $"{victim}:1", $"{victim}:queue", "restmq:queues", "QUEUESET" })
            {
                var reply = await Host.CommandAsync($$"""{"cmd":"del","queue":"{{queue}}","key":"{{key}}"}""");
                reply.Status.Should().BeOneOf(200, 400);
                reply.Text.Should().NotContain("true");
            }
        });
        (await Host.TakeValueAsync(victim)).Should().Be("kept");
    }

    [Fact]
    public async Task Request_UnknownField_IsIgnored()
    {
        var queue = Host.NextQueue();
        (await Host.AskAsync($"POST /q/{queue}?utm=1", "value=x&color=red")).Is(200);
        (await Host.CommandAsync($$"""{"cmd":"add","queue":"{{queue}}","value":"y","color":["red"]}""")).Is(200);
        (await Host.AskAsync($"GET /q/{queue}?_=1700000000")).Is(200).Json.Text("value").Should().Be("x");
    }
}
