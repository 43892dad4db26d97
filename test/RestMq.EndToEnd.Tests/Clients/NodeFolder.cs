namespace RestMq.EndToEnd.Clients;

/// <summary>Installs the packages of the Node clients in the versions of the lock file.</summary>
public sealed class NodeFolder : IAsyncLifetime
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Clients", "node");

    public static string Script(string name) => Path.Combine(Folder, name);

    public async Task InitializeAsync()
    {
        await using var npm = new ChildProcess(
            "npm", ["--prefix", Folder, "ci", "--no-audit", "--no-fund", "--prefer-offline"], "These tests need npm on the PATH (apt-get install nodejs npm).");
        var code = await npm.WaitForExitAsync(TimeSpan.FromSeconds(60));
        code.Should().Be(0, $"{npm}");
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
