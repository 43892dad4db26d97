namespace RestMq.EndToEnd.Clients;

/// <summary>Runs clients from Python's standard library, which know nothing about RestMQ.</summary>
public abstract class PythonTests(HostFixture fixture)
{
    [Theory]
    [InlineData("xmlrpc_tour.py")]
    [InlineData("rest_tour.py")]
    public async Task Script_RunAgainstHost_ExitsWithZero(string script)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "Clients", script), $"http://127.0.0.1:{fixture.Host.Port}"];
        await using var python = new ChildProcess("python3", arguments, "These tests need python3 on the PATH (apt-get install python3).");
        var code = await python.WaitForExitAsync(TimeSpan.FromSeconds(60));
        code.Should().Be(0, $"{script} wrote:\n{python.Output}");
    }

    public sealed class OnMemory(MemoryHost host) : PythonTests(host), IClassFixture<MemoryHost>;

    public sealed class OnRedis(RedisHost host) : PythonTests(host), IClassFixture<RedisHost>;
}
