using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>A client's way to the daemons: one connection, and when it breaks a new one to any of them.</summary>
internal sealed class Line(IReadOnlyList<int> ports) : IDisposable
{
    private HttpConnection? _connection;

    /// <summary>How often no answer came in time, so that it broke off by itself.</summary>
    public int GivenUp { get; private set; }

    /// <summary>The connection; waits until some daemon accepts one. Nothing has been sent meanwhile.</summary>
    public async Task<HttpConnection> OpenAsync()
    {
        while (_connection is null)
        {
            try
            {
                _connection = await HttpConnection.OpenAsync(ports[Random.Shared.Next(ports.Count)]);
            }
            catch (Exception e) when (Broken.Is(e))
            {
                await Task.Delay(20);
            }
        }
        return _connection;
    }

    /// <summary>Asks once; null when no whole answer came.</summary>
    public async Task<HttpReply?> TryAskAsync(string line, string? form = null, params string[] headers)
    {
        var connection = await OpenAsync();
        try
        {
            var reply = await connection.AskAsync(line, form, headers);
            // Another daemon may have the store that this one has not, as a proxy finds out by asking for readiness.
            if (reply.IsAway) Dispose();
            return reply;
        }
        catch (Exception e) when (Broken.Is(e))
        {
            if (e is TimeoutException) GivenUp++;
            Dispose();
            return null;
        }
    }

    /// <summary>Asks until a yes comes: only for what may be asked several times.</summary>
    public async Task<HttpReply> AskAsync(string line, string? form = null, params string[] headers)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (true)
        {
            var reply = await TryAskAsync(line, form, headers);
            if (reply is { IsYes: true } yes) return yes;
            if (Environment.TickCount64 > deadline) throw new TimeoutException($"No yes within a minute: {line}: {reply?.Status} {reply?.Text}");
            await Task.Delay(20);
        }
    }

    /// <summary>Breaks the connection off.</summary>
    public void Reset()
    {
        _connection?.Reset();
        _connection = null;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
