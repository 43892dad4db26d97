using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RestMq.Server;

/// <summary>Keeps the log of a host in this process.</summary>
public sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

    /// <summary>Returns the messages of an event, oldest first.</summary>
    public IReadOnlyList<string> Of(int id) => [.. _lines.Where(line => line.Id == id).Select(line => line.Text)];

    public int Count => _lines.Count;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _lines.Enqueue((eventId.Id, formatter(state, exception)));
    }

    public void Dispose()
    {
    }
}
