namespace RestMq.Packages;

/// <summary>Runs a new web application with the README's code, on its own port and its own Redis server.</summary>
internal sealed class FreshSite(RedisServer redis, ChildProcess process, int port) : IAsyncDisposable
{
    public RedisServer Redis => redis;

    /// <summary>Gets the address at which RestMQ is mapped.</summary>
    public string Address => $"http://127.0.0.1:{port}/mq";

    public static async Task<FreshSite> StartAsync(PackedFolder packed)
    {
        var program = Snippet.CodeOf("embed").Replace("\"localhost:6379\"", "args[0]").Replace("app.Run();", Snippet.CodeOf("engine") + "app.Run();")
            + "internal sealed record Order(int Number, string Item);";
        program
            .Should().Contain("args[0]").And.Contain("MapPost(\"/orders\"", "this method needs these parts of the snippets");
        var site = await packed.BuildAsync("web", "site", Snippet.UsingsFirst(program), "RestMq.AspNetCore");
        var redis = await RedisServer.LaunchAsync();
        var process = new ChildProcess("dotnet", [site, redis.Address, "--urls", "http://127.0.0.1:0"], "These tests need dotnet on the PATH.");
        var line = await process.WaitForLineAsync(line => line.Contains("Now listening on: http://127.0.0.1:", StringComparison.Ordinal));
        return new FreshSite(redis, process, int.Parse(line.Split(':')[^1]));
    }

    public async Task<string> AskAsync(string request, string? body = null, params string[] headers) => (await ReplyAsync(request, body, headers)).Text;

    public async Task<int> StatusAsync(string request, string? body = null, params string[] headers) => (await ReplyAsync(request, body, headers)).Status;

    private async Task<RawReply> ReplyAsync(string request, string? body, string[] headers)
    {
        await using var connection = await RawConnection.OpenAsync(port);
        return await connection.AskAsync(request, body, headers);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await redis.DisposeAsync();
    }
}
