using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestMq.TestUtilities;

/// <summary>
/// Connects to one Redis or Sentinel server. The connection follows no redirection, failover or topology. So a test
/// knows which server answered.
/// </summary>
public sealed class RespConnection : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private RespConnection(TcpClient client) => (_client, _stream) = (client, new BufferedStream(client.GetStream()));

    public static async Task<RespConnection> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new RespConnection(client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and returns its reply: a string, a long, an array of replies, or null.</summary>
    /// <exception cref="RespErrorException">The server answered with an error.</exception>
    public async Task<object?> AskAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var request = new StringBuilder($"*{command.Count}\r\n");
        foreach (var word in command) request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        var reply = await ReadAsync(cancellationToken);
        return reply is RespErrorException error ? throw error : reply;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<object?> ReadAsync(CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return rest;
            case '-':
                return new RespErrorException(rest);
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$' when rest == "-1":
            case '*' when rest == "-1":
                return null;
            case '$':
                var text = new byte[int.Parse(rest, CultureInfo.InvariantCulture) + 2];
                await _stream.ReadExactlyAsync(text, cancellationToken);
                return Encoding.UTF8.GetString(text, 0, text.Length - 2);
            case '*':
                var array = new object?[int.Parse(rest, CultureInfo.InvariantCulture)];
                for (var i = 0; i < array.Length; i++) array[i] = await ReadAsync(cancellationToken);
                return array;
            default:
                throw new InvalidDataException($"The server must send a RESP reply, but sent: {line}");
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (line is not [.., (byte)'\r', (byte)'\n'])
        {
            await _stream.ReadExactlyAsync(one, cancellationToken);
            line.Add(one[0]);
        }
        return Encoding.UTF8.GetString([.. line[..^2]]);
    }
}

/// <summary>Represents an error reply of Redis.</summary>
public sealed class RespErrorException(string message) : Exception(message);
