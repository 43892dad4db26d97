using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Validates a consumer's options when the application starts, and reports all errors at once.</summary>
internal sealed class RestMqConsumerOptionsValidator : IValidateOptions<RestMqConsumerOptions>
{
    // Hosts allow leases of at most 12 hours by default. A longer time is a mistake in the unit.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    public ValidateOptionsResult Validate(string? name, RestMqConsumerOptions options)
    {
        var errors = new List<string>(options.Mistakes);
        void Range<T>(T value, T least, T most, string option) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                errors.Add(
                    $"RestMqConsumerOptions.{option} of the consumer of '{name}' must be between {least} and {most}, "
                    + $"but was {value}.");
            }
        }
        void Time(TimeSpan value, TimeSpan least, string option)
        {
            if (value >= least && value <= Longest) return;
            // The framework's binder reads the text 60 as 60 days.
            var advice = value > Longest && value.Ticks % TimeSpan.TicksPerDay == 0
                ? " BindConfiguration() reads a bare number as days. BindSettings() reads it as seconds." : "";
            errors.Add($"RestMqConsumerOptions.{option} of the consumer of '{name}' must be between {least} and {Longest}, but was {value}.{advice}");
        }
        var second = TimeSpan.FromSeconds(1);
        Range(options.Concurrency, 1, 1000, nameof(options.Concurrency));
        if (options.Prefetch is { } prefetch) Range(prefetch, Math.Clamp(options.Concurrency, 1, 1000), 1000, nameof(options.Prefetch));
        Time(options.Lease, second, nameof(options.Lease));
        Time(options.Wait, second, nameof(options.Wait));
        Time(options.RetryDelay, TimeSpan.Zero, nameof(options.RetryDelay));
        Time(options.MaxRetryDelay, options.RetryDelay < Longest ? options.RetryDelay : Longest, nameof(options.MaxRetryDelay));
        Time(options.DrainTimeout, TimeSpan.Zero, nameof(options.DrainTimeout));
        if (options.IsPoison is null)
            errors.Add($"RestMqConsumerOptions.IsPoison of the consumer of '{name}' must not be null.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
