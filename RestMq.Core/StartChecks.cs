using Microsoft.Extensions.Hosting;

namespace RestMq;

/// <summary>
/// Runs checks of the whole application when all of its services have started. A check that throws fails the start.
/// </summary>
/// <remarks>Routes are known only then: a site may build its pipeline while the web server starts.</remarks>
internal sealed class StartChecks : IHostedLifecycleService
{
    private readonly List<Action> _checks = [];

    /// <summary>Adds a check to run at start.</summary>
    public void Add(Action check)
    {
        lock (_checks) _checks.Add(check);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Action[] checks;
        lock (_checks) checks = [.. _checks];
        foreach (var check in checks) check();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
