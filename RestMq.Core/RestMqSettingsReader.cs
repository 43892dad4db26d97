using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>
/// Reads options from a configuration section without the configuration binder. The binder needs reflection, and does
/// not report all wrong and unknown settings at once.
/// </summary>
internal sealed class RestMqSettingsReader(IConfiguration section, string[] others)
    : IConfigureOptions<RestMqOptions>, IConfigureOptions<RedisStoreOptions>, IValidateOptions<RestMqOptions>
{
    /// <summary>The setting that selects the store. It is not an option.</summary>
    public const string Redis = "Redis";

    private static readonly Dictionary<string, Func<RestMqOptions, string, bool>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RestMqOptions.MaxMessageBytes)] = Number<RestMqOptions>((options, value) => options.MaxMessageBytes = value),
        [nameof(RestMqOptions.MaxBatch)] = Number<RestMqOptions>((options, value) => options.MaxBatch = value),
        [nameof(RestMqOptions.MaxBatchBytes)] = Number<RestMqOptions>((options, value) => options.MaxBatchBytes = value),
        [nameof(RestMqOptions.MaxWait)] = Time<RestMqOptions>((options, value) => options.MaxWait = value),
        [nameof(RestMqOptions.MaxLease)] = Time<RestMqOptions>((options, value) => options.MaxLease = value),
        [nameof(RestMqOptions.MaxDelay)] = Time<RestMqOptions>((options, value) => options.MaxDelay = value),
        [nameof(RestMqOptions.MaxTimeToLive)] = Time<RestMqOptions>((options, value) => options.MaxTimeToLive = value),
        [nameof(RestMqOptions.TakeLease)] = Time<RestMqOptions>((options, value) => options.TakeLease = value),
        [nameof(RestMqOptions.IdempotencyWindow)] = Time<RestMqOptions>((options, value) => options.IdempotencyWindow = value),
        [nameof(RestMqOptions.SlowPoll)] = Time<RestMqOptions>((options, value) => options.SlowPoll = value),
        [nameof(RestMqOptions.MaxSlowPoll)] = Time<RestMqOptions>((options, value) => options.MaxSlowPoll = value),
        [nameof(RestMqOptions.ConsumerBuffer)] = Number<RestMqOptions>((options, value) => options.ConsumerBuffer = value),
        [nameof(RestMqOptions.MaxConsumers)] = Number<RestMqOptions>((options, value) => options.MaxConsumers = value),
        [nameof(RestMqOptions.MaxMemoryBytes)] = Size((options, value) => options.MaxMemoryBytes = value),
        [nameof(RestMqOptions.MaxQueues)] = Number<RestMqOptions>((options, value) => options.MaxQueues = value),
        [nameof(RestMqOptions.MaxQueuesPerCaller)] = Number<RestMqOptions>((options, value) => options.MaxQueuesPerCaller = value),
        [nameof(RestMqOptions.MaxQueuesPerTake)] = Number<RestMqOptions>((options, value) => options.MaxQueuesPerTake = value),
        [nameof(RestMqOptions.EmptyQueueLifetime)] = Time<RestMqOptions>((options, value) => options.EmptyQueueLifetime = value),
        [nameof(RestMqOptions.MaxRequestBytes)] = Size((options, value) => options.MaxRequestBytes = value),
        [nameof(RestMqOptions.StreamWriteTimeout)] = Time<RestMqOptions>((options, value) => options.StreamWriteTimeout = value),
        [nameof(RestMqOptions.SocketMessageTimeout)] = Time<RestMqOptions>((options, value) => options.SocketMessageTimeout = value),
        [nameof(RestMqOptions.MetricsByQueue)] = Flag<RestMqOptions>((options, value) => options.MetricsByQueue = value),
    };

    private static readonly Dictionary<string, Func<RedisStoreOptions, string, bool>> OfRedis = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RedisStoreOptions.KeyPrefix)] = static (options, value) =>
        {
            if (value.Length > 0) options.KeyPrefix = value;
            return true;
        },
        [nameof(RedisStoreOptions.Replicas)] = Number<RedisStoreOptions>((options, value) => options.Replicas = value),
        [nameof(RedisStoreOptions.ReplicationTimeout)] = Time<RedisStoreOptions>((options, value) => options.ReplicationTimeout = value),
    };

    // Validate reports the mistakes that this call ignores.
    public void Configure(RestMqOptions options) => Read(options, new RedisStoreOptions());

    public void Configure(RedisStoreOptions options) => Read(new RestMqOptions(), options);

    public ValidateOptionsResult Validate(string? name, RestMqOptions options) =>
        Read(new RestMqOptions(), new RedisStoreOptions()) is { Count: > 0 } mistakes ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;

    private List<string> Read(RestMqOptions options, RedisStoreOptions redis)
    {
        var mistakes = new List<string>();
        string[] known = [Redis, .. OfRedis.Keys, .. others];
        foreach (var setting in section.GetChildren())
        {
            var value = setting.Value ?? "";
            bool? isSet = Settings.TryGetValue(setting.Key, out var set) ? set(options, value)
                : OfRedis.TryGetValue(setting.Key, out var setOfRedis) ? setOfRedis(redis, value)
                : null;
            if (isSet is not null)
            {
                if (isSet is false)
                {
                    mistakes.Add(
                        $"{setting.Path} must be a whole number, a time in seconds (30) or as hh:mm:ss (00:00:30), "
                        + $"or true or false, but was '{setting.Value}'.");
                }
            }
            else if (!known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
            {
                var names = string.Join(", ", Settings.Keys.Concat(known).Order(StringComparer.Ordinal));
                mistakes.Add($"There is no setting {setting.Path}. Use one of {names}.");
            }
        }
        return mistakes;
    }

    private static Func<T, string, bool> Number<T>(Action<T, int> set) => (options, text) =>
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        set(options, value);
        return true;
    };

    private static Func<RestMqOptions, string, bool> Size(Action<RestMqOptions, long> set) => (options, text) =>
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        set(options, value);
        return true;
    };

    private static Func<T, string, bool> Flag<T>(Action<T, bool> set) => (options, text) =>
    {
        if (!bool.TryParse(text, out var value)) return false;
        set(options, value);
        return true;
    };

    // A number alone means seconds, as on the wire. TimeSpan.Parse would read it as days.
    private static Func<T, string, bool> Time<T>(Action<T, TimeSpan> set) => (options, text) =>
    {
        TimeSpan value;
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2) value = TimeSpan.FromSeconds(seconds);
        else if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)) return false;
        set(options, value);
        return true;
    };
}
