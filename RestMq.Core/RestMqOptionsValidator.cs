using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Finds all that is wrong with the options at once, when the application starts.</summary>
internal sealed class RestMqOptionsValidator : IValidateOptions<RestMqOptions>
{
    public ValidateOptionsResult Validate(string? name, RestMqOptions options)
    {
        var errors = new List<string>();
        void AtLeast<T>(T value, T least, string option) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0) errors.Add($"RestMqOptions.{option} is {value}; it is at least {least}.");
        }
        void AtMost<T>(T value, T most, string option) where T : IComparable<T>
        {
            if (value.CompareTo(most) > 0) errors.Add($"RestMqOptions.{option} is {value}; it is at most {most}.");
        }
        AtMost(options.MaxBatch, 1000, nameof(options.MaxBatch)); // What one script can take.
        AtMost(options.MaxLease, TimeSpan.FromDays(1), nameof(options.MaxLease)); // For so long a purged queue remembers its ids.
        AtMost(options.IdempotencyWindow, TimeSpan.FromDays(1), nameof(options.IdempotencyWindow));
        // A day, an hour and a century are more than anybody means; what is longer is a mistake in the unit, and a
        // timer cannot hold it.
        AtMost(options.MaxWait, TimeSpan.FromDays(1), nameof(options.MaxWait));
        AtMost(options.SlowPoll, TimeSpan.FromHours(1), nameof(options.SlowPoll));
        AtMost(options.MaxSlowPoll, TimeSpan.FromDays(1), nameof(options.MaxSlowPoll));
        AtMost(options.MaxDelay, TimeSpan.FromDays(36_500), nameof(options.MaxDelay));
        AtMost(options.MaxTimeToLive, TimeSpan.FromDays(36_500), nameof(options.MaxTimeToLive));
        AtMost(options.MaxMessageBytes, 512 * 1024 * 1024, nameof(options.MaxMessageBytes)); // What Redis takes.
        AtLeast(options.MaxMessageBytes, 1, nameof(options.MaxMessageBytes));
        AtLeast(options.MaxBatch, 1, nameof(options.MaxBatch));
        AtLeast(options.MaxBatchBytes, options.MaxMessageBytes, nameof(options.MaxBatchBytes));
        AtLeast(options.MaxWait, TimeSpan.Zero, nameof(options.MaxWait));
        AtLeast(options.TakeLease, TimeSpan.FromSeconds(1), nameof(options.TakeLease));
        AtLeast(options.MaxLease, options.TakeLease, nameof(options.MaxLease));
        AtLeast(options.MaxDelay, TimeSpan.Zero, nameof(options.MaxDelay));
        AtLeast(options.MaxTimeToLive, TimeSpan.FromSeconds(1), nameof(options.MaxTimeToLive));
        AtLeast(options.IdempotencyWindow, TimeSpan.FromSeconds(1), nameof(options.IdempotencyWindow));
        AtLeast(options.SlowPoll, TimeSpan.FromMilliseconds(100), nameof(options.SlowPoll));
        AtLeast(options.MaxSlowPoll, TimeSpan.Zero, nameof(options.MaxSlowPoll));
        AtLeast(options.ConsumerBuffer, 1, nameof(options.ConsumerBuffer));
        AtLeast(options.MaxConsumers, 1, nameof(options.MaxConsumers));
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
