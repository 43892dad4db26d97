namespace RestMq.EndToEnd.Clients;

/// <summary>Runs a headless Chromium with one open page and its own profile.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("restmq-chromium-");
    private readonly ChildProcess _process;

    public Browser(string url)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", url,
        ];
        _process = new ChildProcess("chromium", arguments, "These tests need chromium on the PATH (apt-get install chromium).");
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _profile.Delete(recursive: true);
    }

    public override string ToString() => $"{_process}";
}
