using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RestMq.Settings;

namespace RestMq;

/// <summary>
/// Reads options from a configuration section without the configuration binder. The binder needs reflection, and does
/// not report all wrong and unknown settings at once.
/// </summary>
internal sealed class RestMqSettingsReader(IConfiguration section, string[] others)
    : IConfigureOptions<RestMqOptions>, IConfigureOptions<RedisStoreOptions>, IConfigureOptions<DeclaredQueues>, IValidateOptions<RestMqOptions>
{
    /// <summary>The setting that selects the store. It is not an option.</summary>
    public const string Redis = "Redis";

    /// <summary>The section of the declared queues.</summary>
    public const string Queues = "Queues";

    private static readonly SettingsTable<RestMqOptions> OfEngine = new SettingsTable<RestMqOptions>()
        .Number(nameof(RestMqOptions.MaxMessageBytes), static (options, value) => options.MaxMessageBytes = value)
        .Number(nameof(RestMqOptions.MaxBatch), static (options, value) => options.MaxBatch = value)
        .Number(nameof(RestMqOptions.MaxBatchBytes), static (options, value) => options.MaxBatchBytes = value)
        .Time(nameof(RestMqOptions.MaxWait), static (options, value) => options.MaxWait = value)
        .Time(nameof(RestMqOptions.MaxLease), static (options, value) => options.MaxLease = value)
        .Time(nameof(RestMqOptions.MaxDelay), static (options, value) => options.MaxDelay = value)
        .Time(nameof(RestMqOptions.MaxTimeToLive), static (options, value) => options.MaxTimeToLive = value)
        .Time(nameof(RestMqOptions.TakeLease), static (options, value) => options.TakeLease = value)
        .Time(nameof(RestMqOptions.IdempotencyWindow), static (options, value) => options.IdempotencyWindow = value)
        .Time(nameof(RestMqOptions.MaxIdempotencyWindow), static (options, value) => options.MaxIdempotencyWindow = value)
        .Time(nameof(RestMqOptions.SlowPoll), static (options, value) => options.SlowPoll = value)
        .Time(nameof(RestMqOptions.MaxSlowPoll), static (options, value) => options.MaxSlowPoll = value)
        .Number(nameof(RestMqOptions.ConsumerBuffer), static (options, value) => options.ConsumerBuffer = value)
        .Number(nameof(RestMqOptions.MaxConsumers), static (options, value) => options.MaxConsumers = value)
        .LongNumber(nameof(RestMqOptions.MaxMemoryBytes), static (options, value) => options.MaxMemoryBytes = value)
        .Number(nameof(RestMqOptions.MaxQueues), static (options, value) => options.MaxQueues = value)
        .Number(nameof(RestMqOptions.MaxQueuesPerCaller), static (options, value) => options.MaxQueuesPerCaller = value)
        .Number(nameof(RestMqOptions.MaxQueuesPerTake), static (options, value) => options.MaxQueuesPerTake = value)
        .Time(nameof(RestMqOptions.EmptyQueueLifetime), static (options, value) => options.EmptyQueueLifetime = value)
        .LongNumber(nameof(RestMqOptions.MaxRequestBytes), static (options, value) => options.MaxRequestBytes = value)
        .Time(nameof(RestMqOptions.StreamWriteTimeout), static (options, value) => options.StreamWriteTimeout = value)
        .Time(nameof(RestMqOptions.SocketMessageTimeout), static (options, value) => options.SocketMessageTimeout = value)
        .Flag(nameof(RestMqOptions.MetricsByQueue), static (options, value) => options.MetricsByQueue = value);

    private static readonly SettingsTable<RedisStoreOptions> OfRedis = new SettingsTable<RedisStoreOptions>()
        .Text(nameof(RedisStoreOptions.KeyPrefix), "a text", static (options, value) =>
        {
            if (value.Length > 0) options.KeyPrefix = value;
            return true;
        })
        .Number(nameof(RedisStoreOptions.Replicas), static (options, value) => options.Replicas = value)
        .Time(nameof(RedisStoreOptions.ReplicationTimeout), static (options, value) => options.ReplicationTimeout = value);

    /// <summary>Returns the full name of a setting of the section, such as <c>RestMq:Redis</c>.</summary>
    public static string PathOf(IConfiguration section, string name) =>
        section is IConfigurationSection { Path.Length: > 0 } named ? $"{named.Path}:{name}" : name;

    // Validate reports the mistakes that this call ignores.
    public void Configure(RestMqOptions options) => Read(options, new RedisStoreOptions(), new DeclaredQueues());

    public void Configure(RedisStoreOptions options) => Read(new RestMqOptions(), options, new DeclaredQueues());

    public void Configure(DeclaredQueues options) => Read(new RestMqOptions(), new RedisStoreOptions(), options);

    public ValidateOptionsResult Validate(string? name, RestMqOptions options) =>
        Read(new RestMqOptions(), new RedisStoreOptions(), new DeclaredQueues()) is { Count: > 0 } mistakes ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;

    private List<string> Read(RestMqOptions options, RedisStoreOptions redis, DeclaredQueues queues)
    {
        var mistakes = new List<string>();
        string[] known = [Redis, Queues, .. others];
        foreach (var setting in section.GetChildren())
        {
            if (string.Equals(setting.Key, Queues, StringComparison.OrdinalIgnoreCase)) QueueDeclaration.Read(setting, queues, mistakes);
            else if (!OfEngine.TrySet(options, setting.Key, setting.Path, setting.Value, mistakes)
                && !OfRedis.TrySet(redis, setting.Key, setting.Path, setting.Value, mistakes)
                && !known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
            {
                mistakes.Add(SettingsTable<RestMqOptions>.Unknown(setting.Path, [.. OfEngine.Names, .. OfRedis.Names, .. known]));
            }
        }
        return mistakes;
    }
}
