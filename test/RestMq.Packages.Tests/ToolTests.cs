namespace RestMq.Packages;

/// <summary>Installs the packed tool outside this repository, and runs the lines of its readme.</summary>
[Collection(PackedFolder.Name)]
public sealed class ToolTests(PackedFolder packed)
{
    [Fact]
    public async Task Install_Tool_RunsHostAndVerbs()
    {
        var restmq = await packed.InstallToolAsync("RestMq.Tool", "restmq");
        await using var host = new ChildProcess(restmq, ["--urls", "http://127.0.0.1:0"], "This test needs dotnet on the PATH.");
        var line = await host.WaitForLineAsync(line => line.Contains("Now listening on: http://127.0.0.1:", StringComparison.Ordinal));
        var url = $"http://127.0.0.1:{line.Split(':')[^1]}";

        (await RunAsync(restmq, "produce", "test", "foobar", "--url", url)).Should().Be("test:1");
        (await RunAsync(restmq, "consume", "test", "--url", url)).Should().Be("{\"key\":\"test:1\",\"value\":\"foobar\",\"count\":1}");
        host.Output.Should().NotContain("Microsoft.AspNetCore.Hosting.Diagnostics", "the settings beside the program are read");
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var process = new ChildProcess(program, arguments, "This test needs dotnet on the PATH.");
        (await process.WaitForExitAsync(TimeSpan.FromSeconds(60))).Should().Be(0, $"{process}");
        return process.Output;
    }
}
