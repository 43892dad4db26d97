using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace RestMq;

/// <summary>Starts hosts on one store, and lets its time pass.</summary>
public abstract class Hosts : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    /// <summary>Gets the log of all hosts.</summary>
    internal LoggedEvents Log { get; } = new();

    /// <summary>Lets time pass for the store and the consumers.</summary>
    public abstract Task PassAsync(TimeSpan time);

    /// <summary>Lets time pass in small steps until the task ends.</summary>
    public async Task PassUntilAsync(Task task)
    {
        task = Deadline.Within(task);
        while (!task.IsCompleted)
        {
            await PassAsync(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1);
        }
        await task;
    }

    /// <inheritdoc cref="PassUntilAsync(Task)"/>
    public Task PassUntilAsync(Func<bool> condition) => PassUntilAsync(Deadline.Until(condition));

    /// <inheritdoc cref="PassUntilAsync(Task)"/>
    public Task PassUntilAsync(Func<Task<bool>> condition) => PassUntilAsync(Deadline.Until(condition));

    /// <summary>Starts a host.</summary>
    public async Task<IHost> StartAsync(Action<IServiceCollection> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(5));
        await AddStoreAsync(builder.Services);
        configure(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        _hosts.Add(host);
        return host;
    }

    public virtual async ValueTask DisposeAsync()
    {
        // The first host stops last, because in memory the other hosts use its queues.
        foreach (var host in _hosts.AsEnumerable().Reverse())
        {
            await PassUntilAsync(host.StopAsync());
            host.Dispose();
        }
    }

    protected abstract Task AddStoreAsync(IServiceCollection services);
}

/// <summary>Starts hosts that share the memory store of the first one. The test controls the time.</summary>
public sealed class MemoryHosts : Hosts
{
    private IServiceProvider? _first;

    public FakeTimeProvider Time { get; } = new();

    public override Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Task.CompletedTask;
    }

    protected override Task AddStoreAsync(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        if (_first is { } first) services.AddSingleton(first.GetRequiredService<IQueueEngine>());
        services.AddRestMq();
        services.AddHostedService(provider => new First(() => _first ??= provider));
        return Task.CompletedTask;
    }

    private sealed class First(Action remember) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            remember();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Starts hosts on one Redis server, each with its own connection. The time is real.</summary>
public sealed class RedisHosts(RedisFixture server) : Hosts
{
    public override Task PassAsync(TimeSpan time) => Task.Delay(time);

    protected override Task AddStoreAsync(IServiceCollection services)
    {
        services.AddRestMq().UseRedis(server.Patient);
        return Task.CompletedTask;
    }
}
