using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Verifies options that are read from the configuration.</summary>
public sealed class RestMqSettingsTests
{
    [Fact]
    public void Settings_EveryOption_IsReadFromConfiguration()
    {
        var properties = typeof(RestMqOptions).GetProperties();
        // The least budget of the memory store is 1 MiB.
        var options = Read([.. properties.Select(property =>
            (property.Name, property.Name == nameof(RestMqOptions.MaxMemoryBytes) ? "1700000" : property.PropertyType == typeof(bool) ? "true" : "17"))]);
        foreach (var property in properties)
        {
            var read = property.GetValue(options);
            if (property.PropertyType == typeof(bool)) read.Should().Be(true, property.Name);
            else if (read is TimeSpan time) time.Should().Be(TimeSpan.FromSeconds(17), property.Name);
            else Convert.ToInt64(read).Should().Be(property.Name == nameof(RestMqOptions.MaxMemoryBytes) ? 1_700_000 : 17, property.Name);
        }
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("0.5", 0.5)]
    [InlineData("00:01:30", 90)]
    [InlineData("1.00:00:00", 86400)]
    public void Settings_TimeInSecondsOrTimeSpanFormat_IsRead(string text, double seconds) =>
        Read(("MaxWait", text)).MaxWait.Should().Be(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Settings_SeveralErrors_AreReportedTogether()
    {
        var read = () => Read(("MaxWeight", "1"), ("MaxBatch", "many"), ("MaxWait", "a while"), ("SlowPoll", "365.00:00:00"), ("maxconsumers", "0"), ("Mine", "x"), ("MaxDelay", "1e99"));
        read.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(6)
            .And.Contain(failure => failure.Contains("no setting RestMq:MaxWeight") && failure.Contains("MaxWait"))
            .And.Contain(failure => failure.StartsWith("RestMq:MaxBatch must be ") && failure.EndsWith("but was 'many'."))
            .And.Contain(failure => failure.StartsWith("RestMq:MaxWait must be ") && failure.EndsWith("but was 'a while'."))
            .And.Contain(failure => failure.StartsWith("RestMq:MaxDelay must be ") && failure.EndsWith("but was '1e99'."))
            .And.Contain(failure => failure.Contains("SlowPoll must be at most 01:00:00, but was 365.00:00:00"))
            .And.Contain(failure => failure.Contains("MaxConsumers must be at least 1, but was 0"));
    }

    [Theory]
    [InlineData(null, null, 1024 * 1024, 16 * 1024 * 1024)]
    [InlineData("33554432", null, 33_554_432, 33_554_432)]
    [InlineData("1000", null, 1000, 16 * 1024 * 1024)]
    [InlineData("33554432", "40000000", 33_554_432, 40_000_000)]
    [InlineData(null, "2097152", 1024 * 1024, 2_097_152)]
    public void Settings_MaxMessageBytes_RaisesTheBatch(string? message, string? batch, int mostOfMessage, int mostOfBatch)
    {
        var settings = new List<(string, string)>();
        if (batch is not null) settings.Add(("MaxBatchBytes", batch));
        if (message is not null) settings.Add(("MaxMessageBytes", message));
        var options = Read([.. settings]);
        (options.MaxMessageBytes, options.MaxBatchBytes).Should().Be((mostOfMessage, mostOfBatch));
    }

    [Fact]
    public void Settings_MaxBatchBytesBelowMessage_IsRefused()
    {
        var read = () => Read(("MaxMessageBytes", "33554432"), ("MaxBatchBytes", "16777216"));
        read.Should().Throw<OptionsValidationException>().WithMessage("*MaxBatchBytes must be at least 33554432, but was 16777216*");
    }

    [Fact]
    public void Settings_RedisSetting_SelectsTheStore()
    {
        var services = Services(("Redis", "localhost:1"), ("KeyPrefix", "mine:"));
        services.GetRequiredService<IOptions<RedisStoreOptions>>().Value.Should().BeEquivalentTo(new { Configuration = "localhost:1", KeyPrefix = "mine:" });
        services.GetRequiredService<IQueueEngine>().Store.Should().Be("localhost:1");
        Services(("Redis", "")).GetRequiredService<IQueueEngine>().Store.Should().Be("memory");
    }

    [Fact]
    public void Settings_ReplicaSettings_AreReadAndValidated()
    {
        var services = Services(("Redis", "localhost:1"), ("Replicas", "2"), ("ReplicationTimeout", "0.25"));
        services.GetRequiredService<IOptions<RedisStoreOptions>>().Value.Should().BeEquivalentTo(
            new { Configuration = "localhost:1", KeyPrefix = "restmq:", Replicas = 2, ReplicationTimeout = TimeSpan.FromSeconds(0.25) });
        var standard = Services(("Redis", "localhost:1"), ("KeyPrefix", "")).GetRequiredService<IOptions<RedisStoreOptions>>().Value;
        (standard.KeyPrefix, standard.Replicas, standard.ReplicationTimeout).Should().Be(("restmq:", 1, TimeSpan.FromSeconds(1)));

        FluentActions.Invoking(() => Read(("Redis", "localhost:1"), ("Replicas", "some"), ("ReplicationTimeout", "soon"))).Should().Throw<OptionsValidationException>()
            .Which.Failures.Should().HaveCount(2).And.Contain(failure => failure.StartsWith("RestMq:Replicas must be") && failure.EndsWith("but was 'some'."));
        var outOfRange = () => Services(("Redis", "localhost:1"), ("Replicas", "0"), ("ReplicationTimeout", "61")).GetRequiredService<IStartupValidator>().Validate();
        outOfRange.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(2)
            .And.Contain(failure => failure.Contains("Replicas must be between 1 and 100, but was 0"))
            .And.Contain(failure => failure.Contains("ReplicationTimeout must be between 00:00:00.0010000 and 00:01:00, but was 00:01:01"));
    }

    private static RestMqOptions Read(params (string Name, string Value)[] settings) => Services(settings).GetRequiredService<IOptions<RestMqOptions>>().Value;

    private static ServiceProvider Services(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"RestMq:{setting.Name}", (string?)setting.Value))).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRestMq(configuration.GetSection("RestMq"), "Mine");
        return services.BuildServiceProvider();
    }
}
