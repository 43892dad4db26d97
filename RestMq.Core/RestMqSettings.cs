using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>
/// Options read from a section of the configuration by hand, so that everything in it that is wrong or unknown is said at once, and nothing of it
/// needs reflection.
/// </summary>
internal sealed class RestMqSettings(IConfiguration section, string[] others) : IConfigureOptions<RestMqOptions>, IValidateOptions<RestMqOptions>
{
    /// <summary>Which store, rather than an option.</summary>
    public const string Redis = "Redis";

    /// <summary>What every key in Redis begins with, likewise.</summary>
    public const string KeyPrefix = "KeyPrefix";

    private static readonly Dictionary<string, Func<RestMqOptions, string, bool>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RestMqOptions.MaxMessageBytes)] = Number((options, value) => options.MaxMessageBytes = value),
        [nameof(RestMqOptions.MaxBatch)] = Number((options, value) => options.MaxBatch = value),
        [nameof(RestMqOptions.MaxBatchBytes)] = Number((options, value) => options.MaxBatchBytes = value),
        [nameof(RestMqOptions.MaxWait)] = Time((options, value) => options.MaxWait = value),
        [nameof(RestMqOptions.MaxLease)] = Time((options, value) => options.MaxLease = value),
        [nameof(RestMqOptions.MaxDelay)] = Time((options, value) => options.MaxDelay = value),
        [nameof(RestMqOptions.MaxTimeToLive)] = Time((options, value) => options.MaxTimeToLive = value),
        [nameof(RestMqOptions.TakeLease)] = Time((options, value) => options.TakeLease = value),
        [nameof(RestMqOptions.IdempotencyWindow)] = Time((options, value) => options.IdempotencyWindow = value),
        [nameof(RestMqOptions.SlowPoll)] = Time((options, value) => options.SlowPoll = value),
        [nameof(RestMqOptions.MaxSlowPoll)] = Time((options, value) => options.MaxSlowPoll = value),
        [nameof(RestMqOptions.ConsumerBuffer)] = Number((options, value) => options.ConsumerBuffer = value),
        [nameof(RestMqOptions.MaxConsumers)] = Number((options, value) => options.MaxConsumers = value),
        [nameof(RestMqOptions.MetricsByQueue)] = Flag((options, value) => options.MetricsByQueue = value),
    };

    public void Configure(RestMqOptions options) => Read(options); // Validate tells what is wrong.

    public ValidateOptionsResult Validate(string? name, RestMqOptions options) =>
        Read(new RestMqOptions()) is { Count: > 0 } mistakes ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;

    private List<string> Read(RestMqOptions options)
    {
        var mistakes = new List<string>();
        string[] known = [Redis, KeyPrefix, .. others];
        foreach (var setting in section.GetChildren())
        {
            if (Settings.TryGetValue(setting.Key, out var set))
            {
                if (!set(options, setting.Value ?? ""))
                    mistakes.Add($"{setting.Path} is '{setting.Value}'; it is a whole number, a time in seconds (30) or as hh:mm:ss (00:00:30), or true or false.");
            }
            else if (!known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
            {
                mistakes.Add($"There is no setting {setting.Path}; there are {string.Join(", ", Settings.Keys.Concat(known).Order(StringComparer.Ordinal))}.");
            }
        }
        return mistakes;
    }

    private static Func<RestMqOptions, string, bool> Number(Action<RestMqOptions, int> set) => (options, text) =>
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        set(options, value);
        return true;
    };

    private static Func<RestMqOptions, string, bool> Flag(Action<RestMqOptions, bool> set) => (options, text) =>
    {
        if (!bool.TryParse(text, out var value)) return false;
        set(options, value);
        return true;
    };

    // A number alone is seconds, as everywhere on the wire; to TimeSpan it would be days.
    private static Func<RestMqOptions, string, bool> Time(Action<RestMqOptions, TimeSpan> set) => (options, text) =>
    {
        TimeSpan value;
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2) value = TimeSpan.FromSeconds(seconds);
        else if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)) return false;
        set(options, value);
        return true;
    };
}
