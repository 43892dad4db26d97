using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RestMq.Client;

namespace RestMq.Bench.ClientBench;

internal sealed record Order(int Id, string Customer, decimal Total);

/// <summary>Defines the measured requests, for the typed client and the plain HttpClient.</summary>
internal interface IWork
{
    Task AddAsync(int i);

    Task<int> TakeAsync();

    Task AddManyAsync(int i, int count);

    Task<int> TakeManyAsync(int max);
}

internal sealed class TypedWork(IRestMqClient client) : IWork
{
    public Task AddAsync(int i) => client.AddAsync("bench", Of(i));

    public async Task<int> TakeAsync() => (await client.TakeAsync<Order>("bench"))!.Value.Id >= 0 ? 1 : 0;

    public Task AddManyAsync(int i, int count) => client.AddManyAsync("bench", Enumerable.Range(i, count).Select(Of));

    public async Task<int> TakeManyAsync(int max)
    {
        var messages = await client.TakeManyAsync<Order>("bench", max);
        return messages.Count(message => message.Value.Id >= 0);
    }

    internal static Order Of(int i) => new(i, "Zoë & Sons", 12.5m);
}

/// <summary>
/// Sends the same requests with HttpClient. Each add has an idempotency key, and each reply is read into objects.
/// </summary>
internal sealed class RawWork(HttpClient http) : IWork
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue Lines = new("application/x-ndjson");

    private sealed record Message(string Key, Order Value, long Count);

    // JsonContent would be sent with chunked encoding, which is a different and slower request.
    public Task AddAsync(int i) =>
        PostAsync(new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(TypedWork.Of(i), Web)) { Headers = { ContentType = Json } });

    public async Task<int> TakeAsync()
    {
        using var reply = await http.GetAsync(new Uri("q/bench", UriKind.Relative));
        if (reply.StatusCode == HttpStatusCode.NoContent)
            throw new InvalidOperationException("The queue must have a message, but is empty.");
        reply.EnsureSuccessStatusCode();
        return (await reply.Content.ReadFromJsonAsync<Message>(Web))!.Value.Id >= 0 ? 1 : 0;
    }

    public Task AddManyAsync(int i, int count)
    {
        var lines = new StringBuilder();
        for (var n = i; n < i + count; n++) lines.Append(JsonSerializer.Serialize(TypedWork.Of(n), Web)).Append('\n');
        var content = new StringContent(lines.ToString());
        content.Headers.ContentType = Lines;
        return PostAsync(content);
    }

    public async Task<int> TakeManyAsync(int max)
    {
        var reply = await http.GetStringAsync(new Uri($"q/bench?max={max}", UriKind.Relative));
        var count = 0;
        foreach (var line in reply.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (JsonSerializer.Deserialize<Message>(line, Web)!.Value.Id >= 0) count++;
        }
        return count;
    }

    private async Task PostAsync(HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "q/bench") { Content = content };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        using var reply = await http.SendAsync(request);
        reply.EnsureSuccessStatusCode();
        if ((await reply.Content.ReadAsStringAsync()).Length == 0)
            throw new InvalidOperationException("The reply to an add must hold a key, but is empty.");
    }
}
