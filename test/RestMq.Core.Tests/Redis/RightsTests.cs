using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RestMq.Redis.Health;
using RestMq.Stores;
using RestMq.Telemetry;
using StackExchange.Redis;

namespace RestMq.Redis;

/// <summary>Verifies which rights the Redis user of a host needs, and what a host says when one is missing.</summary>
public sealed partial class RightsTests(RedisFixture server) : IClassFixture<RedisFixture>
{
    private readonly LoggedEvents _log = new();

    public static TheoryData<string, string> Rights
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var word in RedisRights.SetUser("restmq:").Split(' ').Where(word => word[0] == '+')) data.Add($"-{word[1..]}", $"*{word[1..].ToUpperInvariant()}*{word}*");
            data.Add("resetkeys ~other:*", "*the keys restmq:* (*~restmq:*");
            data.Add("resetchannels", "*the channels restmq:* (PUBLISH, SUBSCRIBE)*&restmq:*");
            data.Add("resetchannels &other:*", "*the channels restmq:* (PUBLISH, SUBSCRIBE)*&restmq:*");
            return data;
        }
    }

    [Fact]
    public void SetUser_Documentation_HasTheLine() =>
        File.ReadAllText(Path.Combine(ArchitectureTests.Root, "docs", "how-to", "configure-redis.md")).Should().Contain(RedisRights.SetUser("restmq:"));

    [Fact]
    public void SetUser_CommandsOfScripts_AreExactlyThoseThatScriptsRun()
    {
        var folder = Path.Combine(ArchitectureTests.Root, "RestMq.Core", "Redis", "Scripts");
        // The migration and INFO are optional, and have lines of their own in the documentation.
        var used = Directory.GetFiles(folder, "*.lua", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "migrate.lua")
            .SelectMany(file => CommandInScript().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value + match.Groups[2].Value).Except(["INFO"]).Distinct();
        RedisRights.InScripts.Select(one => one.Command).Should().BeEquivalentTo(used);
    }

    [Theory, MemberData(nameof(Rights))]
    public async Task Call_OneRightMissing_IsRefusedAndNamed(string taken, string told)
    {
        var user = await UserAsync(taken);
        var queue = QueueName.Parse($"q-{Guid.NewGuid():N}");
        await using var store = NewStore(user);

        var failure = (await store.Awaiting(one => one.AddAsync(queue, [new NewMessage(MessageBody.FromText("x"))], false, default).AsTask())
            .Should().ThrowAsync<RestMqStoreRefusedException>()).Which;

        failure.Details.Should().Match(told).And.Contain($"'{user}'").And.Contain($"ACL SETUSER {user} ");
        failure.Message.Should().NotContain(user, "the message is for everybody");
        var report = await store.CheckAsync(default);
        report.Failure.Should().Match(told);
        _log.Count(37).Should().Be(1, "the same sentence is logged once: {0}", _log.Of(37));
        (await AdminAsync(redis => redis.KeyExistsAsync($"restmq:{{{queue}}}:meta"))).Should().BeFalse("a refused call changes nothing");

        await SetUserAsync($"{RedisRights.SetUser("restmq:").Replace("restmq on >password", $"{user} on >password")}");
        await Deadline.Until(async () => (await store.CheckAsync(default)).Failure is null);
        (await store.AddAsync(queue, [new NewMessage(MessageBody.FromText("x"))], false, default)).Should().ContainSingle();
    }

    [Fact]
    public async Task Call_RightTakenAwayLater_ClosesTheStoreBeforeAScriptEndsMidway()
    {
        var user = await UserAsync("");
        var queue = QueueName.Parse($"q-{Guid.NewGuid():N}");
        await using var store = NewStore(user);
        await store.AddAsync(queue, [new NewMessage(MessageBody.FromText("x"))], false, default);

        await SetUserAsync($"ACL SETUSER {user} -hset");
        (await store.CheckAsync(default)).Failure.Should().Contain("HSET");
        (await store.Awaiting(one => one.LeaseAsync(queue, [new LeaseRequest(1, TimeSpan.FromMinutes(1))], default).AsTask())
            .Should().ThrowAsync<RestMqStoreRefusedException>()).Which.Details.Should().Contain("HSET");

        await SetUserAsync($"ACL SETUSER {user} +hset");
        await Deadline.Until(async () => (await store.CheckAsync(default)).Failure is null);
        (await store.LeaseAsync(queue, [new LeaseRequest(1, TimeSpan.FromMinutes(1))], default)).Messages.Should().ContainSingle("no message was lost");
    }

    [Fact]
    public async Task Subscribe_ChannelsMissing_IsRefused()
    {
        await using var store = NewStore(await UserAsync("resetchannels"));
        (await store.Awaiting(one => one.ListenAsync(QueueName.Parse("q"), _ => { }, default).AsTask()).Should().ThrowAsync<RestMqStoreRefusedException>())
            .Which.Details.Should().Contain("the channels restmq:*");
    }

    private RedisQueueStore NewStore(string user) => new(
        new RedisStoreOptions { Configuration = $"{server.Patient},user={user},password=password" }, TimeSpan.FromMinutes(5),
        new Microsoft.Extensions.Logging.Logger<RedisQueueStore>(new Microsoft.Extensions.Logging.LoggerFactory([_log])), new QueueMetrics(Options.Create(new RestMqOptions())));

    private async Task<string> UserAsync(string taken)
    {
        var user = $"u{Guid.NewGuid():N}";
        await SetUserAsync($"{RedisRights.SetUser("restmq:").Replace("SETUSER restmq ", $"SETUSER {user} ")} {taken}".Trim());
        return user;
    }

    private Task SetUserAsync(string line) => AdminAsync(redis => redis.ExecuteAsync("ACL", [.. line.Split(' ').Skip(1)]));

    private async Task<T> AdminAsync<T>(Func<IDatabase, Task<T>> action)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        return await action(connection.GetDatabase());
    }

    [GeneratedRegex(@"call(?:_in_parts)?\('([A-Z]+)'|^  '([A-Z]+)',", RegexOptions.Multiline)]
    private static partial Regex CommandInScript();
}

/// <summary>Runs the contract as a Redis user that has exactly the rights of the documentation.</summary>
public sealed class LimitedUserStoreTests(RedisFixture server) : QueueStoreContract, IClassFixture<RedisFixture>
{
    private readonly List<RedisQueueStore> _stores = [];

    private protected override TimeSpan Soon => TimeSpan.FromMilliseconds(500);

    private protected override async Task<(IQueueStore Store, IQueueStore Other)> CreateStoresAsync(RestMqOptions options, QueueMetrics metrics)
    {
        await using (var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true"))
            await connection.GetDatabase().ExecuteAsync("ACL", [.. RedisRights.SetUser("restmq:").Split(' ').Skip(1)]);
        for (var i = 0; i < 2; i++)
        {
            _stores.Add(new(
                new RedisStoreOptions { Configuration = $"redis://restmq:password@{server.Configuration}?asyncTimeout=15000" }, options.IdempotencyWindow,
                NullLogger<RedisQueueStore>.Instance, metrics));
        }
        return (_stores[0], _stores[1]);
    }

    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time);

    [Fact]
    public async Task Check_LimitedUser_AcceptsMessages()
    {
        (await Store.CheckAsync(default)).Failure.Should().BeNull();
        (await Store.ListAsync(null, 10, default)).Should().NotBeNull();
    }

    public override async Task DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        await base.DisposeAsync();
    }
}
