using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace RestMq.TestServers.Hosts;

/// <summary>A running host, known by its port alone.</summary>
public sealed partial class RestMqHost : IAsyncDisposable
{
    private static int _queues;

    private readonly bool _ownsRedis;

    private RestMqHost(ChildProcess process, int port, RedisServer? redis, bool ownsRedis) =>
        (Process, Port, Redis, _ownsRedis) = (process, port, redis, ownsRedis);

    /// <summary>The built sample.</summary>
    public static string Program { get; } =
        typeof(RestMqHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SampleHost").Value!;

    /// <summary>
    /// What starts it, and the first arguments: a published file, native or not, by <c>RESTMQ_PROGRAM</c> in the
    /// environment; otherwise the built sample.
    /// </summary>
    public static (string File, string[] Arguments) Command { get; } =
        Environment.GetEnvironmentVariable("RESTMQ_PROGRAM") is { Length: > 0 } published ? (Path.GetFullPath(published), []) : ("dotnet", [Program]);

    public int Port { get; }

    /// <summary>Its Redis; null when it keeps its messages in memory.</summary>
    public RedisServer? Redis { get; }

    /// <summary>How the host names its store in replies.</summary>
    public string Store => Redis?.Address ?? "memory";

    public ChildProcess Process { get; }

    /// <summary>The one place that knows how a host is started: the built sample as a child process.</summary>
    /// <param name="settings">Arguments such as <c>--RestMq:MaxConsumers=2</c>.</param>
    public static async Task<RestMqHost> StartAsync(StoreKind store, RedisServer? shared = null, params string[] settings)
    {
        var redis = store == StoreKind.Redis ? shared ?? await RedisServer.LaunchAsync() : null;
        if (!File.Exists(Program)) throw new InvalidOperationException($"The sample host is not built: {Program} is missing (dotnet build RestMq.Sample).");
        List<string> arguments = [.. Command.Arguments, "--urls", "http://127.0.0.1:0"];
        // On a busy machine a Redis with its file on a busy disk may take seconds, and is no store that is away. A
        // setting given here comes after it, and wins.
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

    /// <summary>The name of a queue that nobody else uses.</summary>
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

    /// <summary>Asks over a connection of its own.</summary>
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

/// <summary>Where a host keeps its messages.</summary>
public enum StoreKind
{
    Memory,
    Redis,
}
