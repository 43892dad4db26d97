using RestMq.Ledger.Wire;

namespace RestMq.Ledger.Clients;

/// <summary>
/// Sends the requests of one client over one connection. When the connection breaks, it opens a new one to any host.
/// </summary>
internal sealed class HostClient(IReadOnlyList<int> ports) : IDisposable
{
    private HttpConnection? _connection;

    /// <summary>Gets how often no reply came in time, so that the client disconnected.</summary>
    public int GivenUp { get; private set; }

    /// <summary>Returns the connection. Waits until a host accepts one, and sends nothing.</summary>
    public async Task<HttpConnection> OpenAsync()
    {
        while (_connection is null)
        {
            try
            {
                _connection = await HttpConnection.OpenAsync(ports[Random.Shared.Next(ports.Count)]);
            }
            catch (Exception e) when (BrokenConnection.Is(e))
            {
                await Task.Delay(20);
            }
        }
        return _connection;
    }

    /// <summary>Sends a request once. Returns null when no whole reply came.</summary>
    public async Task<HttpReply?> TryAskAsync(string line, string? form = null, params string[] headers)
    {
        var connection = await OpenAsync();
        try
        {
            var reply = await connection.AskAsync(line, form, headers);
            // Another host may still reach the store. A reverse proxy learns that from the readiness check.
            if (reply.IsAway) Dispose();
            return reply;
        }
        catch (Exception e) when (BrokenConnection.Is(e))
        {
            if (e is TimeoutException) GivenUp++;
            Dispose();
            return null;
        }
    }

    /// <summary>Sends a request until the reply is 2xx. Use it only for requests that may be repeated.</summary>
    public async Task<HttpReply> AskAsync(string line, string? form = null, params string[] headers)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (true)
        {
            var reply = await TryAskAsync(line, form, headers);
            if (reply is { IsYes: true } yes) return yes;
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException(
                    $"'{line}' must be answered with 2xx within 60 s, but the last reply was: {reply?.Status} {reply?.Text}");
            await Task.Delay(20);
        }
    }

    /// <summary>Closes the connection with a reset.</summary>
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
