namespace RestMq.TestUtilities;

/// <summary>
/// Wraps a <see cref="RedisServer"/> as an xunit fixture. Without the <c>redis-server</c> program, every
/// test of the collection fails with a message.
/// </summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;

    /// <summary>Gets extra settings as arguments. They override the common settings.</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>Gets the folder of the server's data.</summary>
    public DirectoryInfo Folder => Server.Folder;

    /// <summary>Gets the port. It stays the same after a restart.</summary>
    public int Port => Server.Port;

    /// <summary>Gets a connection string for StackExchange.Redis.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>
    /// Gets a connection string with a timeout of 15 s, for tests that do not test an unavailable store. A busy machine
    /// may answer only after seconds.
    /// </summary>
    public string Patient => $"{Configuration},asyncTimeout=15000";

    private RedisServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public Task InitializeAsync()
    {
        _server = new RedisServer { Settings = Settings };
        return _server.StartAsync();
    }

    /// <summary>Starts the server on its port with its earlier data. It answers when the task completes.</summary>
    public Task StartAsync() => Server.StartAsync();

    /// <summary>Kills the server, like a power cut.</summary>
    public Task KillAsync() => Server.KillAsync();

    /// <summary>Shuts the server down in order.</summary>
    public Task StopAsync() => Server.StopAsync();

    /// <summary>Suspends the server. Its connections stay open, but it does not answer.</summary>
    public Task PauseAsync()
    {
        Server.Suspend();
        return Task.CompletedTask;
    }

    /// <summary>Resumes a suspended server.</summary>
    public Task ResumeAsync()
    {
        Server.Resume();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
