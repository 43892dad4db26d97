using System.Text.Json;
using RestMq.Ledger.Clients;
using StackExchange.Redis;

namespace RestMq.Ledger.Soak;

/// <summary>
/// Compares what the host reports of a queue with what its keys hold. Nothing else may use the queue meanwhile.
/// </summary>
internal static class KeyComparison
{
    /// <summary>Returns the differences, or an empty text when there are none.</summary>
    public static async Task<string> DifferenceAsync(IDatabase redis, HostClient client, string queue)
    {
        using var stats = JsonDocument.Parse((await client.AskAsync($"GET /stats/{queue}")).Body);
        // The stream holds messages that wait for their first delivery. The hash holds the bodies of all others.
        var first = await redis.StreamLengthAsync(Key("ready"));
        var bodies = first + await redis.HashLengthAsync(Key("body"));
        (string Name, long Kept)[] places =
        [
            ("ready", first + await redis.SortedSetLengthAsync(Key("back"))),
            ("leased", await redis.SortedSetLengthAsync(Key("leased"))),
            ("delayed", await redis.SortedSetLengthAsync(Key("delayed"))),
            ("dead", await redis.SortedSetLengthAsync(Key("dead"))),
        ];
        var wrong = places.Where(place => Says(place.Name) != place.Kept).Select(place => $"{place.Name} {Says(place.Name)}, kept {place.Kept}").ToList();
        if (places.Sum(place => place.Kept) != bodies) wrong.Add($"{places.Sum(place => place.Kept)} in places, {bodies} bodies");
        if (Says("added") - Says("settled") != bodies) wrong.Add($"added {Says("added")} less settled {Says("settled")}, {bodies} bodies");
        if (await redis.HashLengthAsync(Key("why")) != places[3].Kept)
            wrong.Add("the number of reasons is not the number of dead letters");
        return wrong.Count == 0 ? "" : $"{queue}: {string.Join("; ", wrong)}";

        RedisKey Key(string name) => $"restmq:{{{queue}}}:{name}";
        long Says(string name) => stats.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>Adds messages in every state: two ready, one in flight, one delayed and one dead.</summary>
    public static async Task FillAsync(HostClient client, string queue)
    {
        for (var i = 0; i < 4; i++) await client.AskAsync($"POST /q/{queue}", "value=left");
        await client.AskAsync($"POST /q/{queue}", "value=left&delay=3600");
        using var buried = JsonDocument.Parse((await client.AskAsync($"GET /q/{queue}?lease=3600")).Body);
        await client.AskAsync($"POST /q/{queue}/{buried.RootElement.GetProperty("receipt").GetString()}", "bury=soaked");
        await client.AskAsync($"GET /q/{queue}?lease=3600");
    }

    /// <summary>Deletes the messages that <see cref="FillAsync"/> has added.</summary>
    public static async Task EmptyAsync(HostClient client, string queue)
    {
        foreach (var state in new[] { "ready", "leased", "delayed", "dead" })
        {
            using var found = JsonDocument.Parse((await client.AskAsync($"GET /j/{queue}?state={state}")).Body);
            foreach (var message in found.RootElement.GetProperty("messages").EnumerateArray())
                await client.AskAsync($"DELETE /q/{queue}/{message.GetProperty("key").GetString()}");
        }
    }
}
