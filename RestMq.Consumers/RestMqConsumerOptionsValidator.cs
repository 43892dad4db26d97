using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Validates a consumer's options when the application starts, and reports all errors at once.</summary>
internal sealed class RestMqConsumerOptionsValidator : IValidateOptions<RestMqConsumerOptions>
{
    public ValidateOptionsResult Validate(string? name, RestMqConsumerOptions options)
    {
        var errors = new List<string>();
        void Range<T>(T value, T least, T most, string option) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                errors.Add(
                    $"RestMqConsumerOptions.{option} of the consumer of '{name}' must be between {least} and {most}, "
                    + $"but was {value}.");
            }
        }
        var (second, day, year) = (TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), TimeSpan.FromDays(365));
        Range(options.Concurrency, 1, 1000, nameof(options.Concurrency));
        if (options.Prefetch is { } prefetch) Range(prefetch, Math.Clamp(options.Concurrency, 1, 1000), 1000, nameof(options.Prefetch));
        Range(options.Lease, second, day, nameof(options.Lease));
        Range(options.Wait, second, day, nameof(options.Wait));
        Range(options.RetryDelay, TimeSpan.Zero, year, nameof(options.RetryDelay));
        Range(options.MaxRetryDelay, options.RetryDelay, year, nameof(options.MaxRetryDelay));
        Range(options.DrainTimeout, TimeSpan.Zero, day, nameof(options.DrainTimeout));
        if (options.IsPoison is null)
            errors.Add($"RestMqConsumerOptions.IsPoison of the consumer of '{name}' must not be null.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
