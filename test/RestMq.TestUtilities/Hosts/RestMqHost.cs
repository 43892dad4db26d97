using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace RestMq.TestUtilities.Hosts;

/// <summary>Runs a host in its own process. The tests know it only by its port.</summary>
public sealed partial class RestMqHost : IAsyncDisposable
{
    private static int _queues;

    private readonly bool _ownsRedis;

    private RestMqHost(ChildProcess process, int port, RedisServer? redis, bool ownsRedis) =>
        (Process, Port, Redis, _ownsRedis) = (process, port, redis, ownsRedis);

    /// <summary>Gets the path of the built sample.</summary>
    public static string Program { get; } =
        typeof(RestMqHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SampleHost").Value!;

    /// <summary>
    /// Gets the command that starts a host, and its first arguments. The environment variable <c>RESTMQ_PROGRAM</c>
    /// names a published file, native or not. Without it, the command is <c>dotnet</c> with the built sample.
    /// </summary>
    public static (string File, string[] Arguments) Command { get; } =
        Environment.GetEnvironmentVariable("RESTMQ_PROGRAM") is { Length: > 0 } published ? (Path.GetFullPath(published), []) : ("dotnet", [Program]);

    public int Port { get; }

    /// <summary>Gets the host's Redis, or null when the host keeps its messages in memory.</summary>
    public RedisServer? Redis { get; }

    /// <summary>Gets the name of the store as the host writes it in replies.</summary>
    public string Store => Redis?.Address ?? "memory";

    public ChildProcess Process { get; }

    /// <summary>Starts a host as a child process. Only this method knows how a host is started.</summary>
    /// <param name="settings">Arguments such as <c>--RestMq:MaxConsumers=2</c>.</param>
    public static async Task<RestMqHost> StartAsync(StoreKind store, RedisServer? shared = null, params string[] settings)
    {
        var redis = store == StoreKind.Redis ? shared ?? await RedisServer.LaunchAsync() : null;
        if (!File.Exists(Program)) throw new InvalidOperationException($"The sample host is not built: {Program} is missing (dotnet build RestMq.Sample).");
        List<string> arguments = [.. Command.Arguments, "--urls", "http://127.0.0.1:0"];
        // On a busy machine with a busy disk, Redis may need seconds to answer. The longer timeout keeps the host from
        // reporting it as unavailable. The settings of a test come later on the command line, so they win.
        if (redis is not null) arguments.Add($"--RestMq:Redis={redis.Address},asyncTimeout=15000");
        arguments.AddRange(settings);
        var process = new ChildProcess(Command.File, arguments, $"These tests need {Command.File}.");
        try
        {
            var line = await process.WaitForLineAsync(line => Listening().IsMatch(line));
            return new RestMqHost(process, int.Parse(Listening().Match(line).Groups[1].Value), redis, ownsRedis: shared is null);
        }
        catch
        {
            await process.DisposeAsync();
            if (redis is not null && shared is null) await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the name of a queue that no other test uses.</summary>
    public string NextQueue([CallerMemberName] string test = "") => $"{test}-{Interlocked.Increment(ref _queues)}";

    public async Task<RawConnection> ConnectAsync()
    {
        try
        {
            return await RawConnection.OpenAsync(Port);
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException($"The host does not answer on port {Port}. {Process}", e);
        }
    }

    public Task<CometStream> ListenAsync(string queue, int? receiveBuffer = null) =>
        CometStream.OpenAsync(Port, $"/c/{Uri.EscapeDataString(queue)}", receiveBuffer);

    /// <summary>Sends a request over a new connection and returns the reply.</summary>
    public async Task<RawReply> AskAsync(string line, string? body = null, params string[] headers)
    {
        await using var connection = await ConnectAsync();
        return await connection.AskAsync(line, body, headers);
    }

    public async Task<RawReply> AskAsync(string line, byte[] body, params string[] headers)
    {
        await using var connection = await ConnectAsync();
        return await connection.AskAsync(line, body, headers);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (_ownsRedis && Redis is not null) await Redis.DisposeAsync();
    }

    [GeneratedRegex(@"Now listening on: http://127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}

/// <summary>Names the store of a host.</summary>
public enum StoreKind
{
    Memory,
    Redis,
}
