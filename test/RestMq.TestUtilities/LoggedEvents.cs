using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RestMq;

/// <summary>Records what was logged, by event id.</summary>
public sealed class LoggedEvents : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _events = new();

    /// <summary>Gets all that was logged, one event a line, with its exception.</summary>
    public string Text => string.Join('\n', _events.Select(one => one.Text));

    /// <summary>Returns how often an event was logged.</summary>
    public int Count(int id) => _events.Count(one => one.Id == id);

    /// <summary>Returns the lines of an event.</summary>
    public string Of(int id) => string.Join('\n', _events.Where(one => one.Id == id).Select(one => $"{one.Level}: {one.Text}"));

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Enqueue((eventId.Id, logLevel, $"{formatter(state, exception)}{exception}"));

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
