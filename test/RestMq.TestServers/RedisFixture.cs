namespace RestMq.TestServers;

/// <summary>
/// A <see cref="RedisServer"/> as a fixture of xunit. It cannot be had without the program: then every test
/// of the collection fails with a sentence.
/// </summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;

    /// <summary>Settings of its own, as arguments; they win over those that all have.</summary>
    public string[] Settings { get; init; } = [];

    /// <summary>Where its data is.</summary>
    public DirectoryInfo Folder => Server.Folder;

    /// <summary>The port, the same after every start.</summary>
    public int Port => Server.Port;

    /// <summary>A connection string of StackExchange.Redis.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>
    /// The same for who is not about a store that is away: a busy machine may take seconds, and has not lost its Redis.
    /// </summary>
    public string Patient => $"{Configuration},asyncTimeout=15000";

    private RedisServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public Task InitializeAsync()
    {
        _server = new RedisServer { Settings = Settings };
        return _server.StartAsync();
    }

    /// <summary>Starts the server on its port and with the data it had; it answers when the task completes.</summary>
    public Task StartAsync() => Server.StartAsync();

    /// <summary>Ends the server as a power cut would.</summary>
    public Task KillAsync() => Server.KillAsync();

    /// <summary>Ends the server in order.</summary>
    public Task StopAsync() => Server.StopAsync();

    /// <summary>Lets the server hang: connections stay, nothing is answered.</summary>
    public Task PauseAsync()
    {
        Server.Suspend();
        return Task.CompletedTask;
    }

    /// <summary>Ends a pause.</summary>
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
