using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RestMq.Fuzz;

/// <summary>
/// Runs a real host in this process, on a free port, in memory or on its own Redis. Its limits are so small that inputs
/// reach them.
/// </summary>
internal sealed class FuzzHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RedisFixture? _server;
    private readonly Errors _errors;

    private FuzzHost(WebApplication app, RedisFixture? server, IConnectionMultiplexer? redis, Errors errors) =>
        (_app, _server, Redis, _errors) = (app, server, redis, errors);

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>Gets a connection to inspect the keys with. It is null in memory.</summary>
    public IConnectionMultiplexer? Redis { get; }

    /// <summary>Gets the errors that the host has logged.</summary>
    public IReadOnlyCollection<string> Mistakes => _errors.Lines;

    public static async Task<FuzzHost> StartAsync(bool onRedis)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["AllowedHosts"] = "*"; // Inputs name any host.
        var errors = new Errors();
        builder.Logging.ClearProviders().AddProvider(errors).SetMinimumLevel(LogLevel.Error);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
        var restMq = builder.Services.AddRestMq(options =>
        {
            options.MaxMessageBytes = 4096;
            options.MaxBatchBytes = 16_384;
            options.MaxBatch = 5;
            options.MaxWait = TimeSpan.FromSeconds(0.2);
            options.MaxConsumers = 20;
        });

        RedisFixture? server = null;
        IConnectionMultiplexer? redis = null;
        if (onRedis)
        {
            server = new RedisFixture();
            await server.InitializeAsync();
            redis = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
            // The data of this Redis need not be on disk.
            await redis.GetDatabase().ExecuteAsync("CONFIG", "SET", "appendonly", "no");
            restMq.UseRedis(server.Patient);
        }
        var app = builder.Build();
        app.MapRestMq().AllowJsonp();
        await app.StartAsync();
        return new FuzzHost(app, server, redis, errors);
    }

    /// <summary>Stops the host gracefully. This takes long only when a request is still running.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (Redis is not null) await Redis.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    private sealed class Errors : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Kestrel logs this error for a trailer that is not valid UTF-8, when no handler has read the body.
            if (eventId.Name == "RequestBodyDrainBodyReaderInvalidState") return;
            if (IsEnabled(logLevel) && _lines.Count < 100) _lines.Enqueue($"{eventId.Name}: {formatter(state, exception)} {exception}");
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
