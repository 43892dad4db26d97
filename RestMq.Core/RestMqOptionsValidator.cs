using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Validates the options when the application starts, and reports all mistakes at once.</summary>
internal sealed class RestMqOptionsValidator : IValidateOptions<RestMqOptions>
{
    public ValidateOptionsResult Validate(string? name, RestMqOptions options)
    {
        var errors = new List<string>();
        void AtLeast<T>(T value, T least, string option) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0)
                errors.Add($"RestMqOptions.{option} must be at least {least}, but was {value}.");
        }
        void AtMost<T>(T value, T most, string option) where T : IComparable<T>
        {
            if (value.CompareTo(most) > 0)
                errors.Add($"RestMqOptions.{option} must be at most {most}, but was {value}.");
        }
        AtMost(options.MaxBatch, 1000, nameof(options.MaxBatch)); // A Redis script takes no more messages in one call.
        // A store keeps the counters of a purged queue for 1 day. No receipt may be valid for longer.
        AtMost(options.MaxLease, TimeSpan.FromDays(1), nameof(options.MaxLease));
        AtMost(options.IdempotencyWindow, TimeSpan.FromDays(1), nameof(options.IdempotencyWindow));
        AtMost(options.MaxIdempotencyWindow, TimeSpan.FromDays(1), nameof(options.MaxIdempotencyWindow));
        // Longer times are mistakes in the unit, and .NET timers cannot hold them.
        AtMost(options.MaxWait, TimeSpan.FromDays(1), nameof(options.MaxWait));
        AtMost(options.SlowPoll, TimeSpan.FromHours(1), nameof(options.SlowPoll));
        AtMost(options.MaxSlowPoll, TimeSpan.FromDays(1), nameof(options.MaxSlowPoll));
        AtMost(options.MaxDelay, TimeSpan.FromDays(36_500), nameof(options.MaxDelay));
        AtMost(options.MaxTimeToLive, TimeSpan.FromDays(36_500), nameof(options.MaxTimeToLive));
        AtMost(options.MaxMessageBytes, 512 * 1024 * 1024, nameof(options.MaxMessageBytes)); // Redis' limit of a value.
        AtLeast(options.MaxMessageBytes, 1, nameof(options.MaxMessageBytes));
        AtLeast(options.MaxBatch, 1, nameof(options.MaxBatch));
        AtLeast(options.MaxBatchBytes, options.MaxMessageBytes, nameof(options.MaxBatchBytes));
        AtLeast(options.MaxWait, TimeSpan.Zero, nameof(options.MaxWait));
        AtLeast(options.TakeLease, TimeSpan.FromSeconds(1), nameof(options.TakeLease));
        AtLeast(options.MaxLease, options.TakeLease, nameof(options.MaxLease));
        AtLeast(options.MaxDelay, TimeSpan.Zero, nameof(options.MaxDelay));
        AtLeast(options.MaxTimeToLive, TimeSpan.FromSeconds(1), nameof(options.MaxTimeToLive));
        AtLeast(options.IdempotencyWindow, TimeSpan.FromSeconds(1), nameof(options.IdempotencyWindow));
        AtLeast(options.MaxIdempotencyWindow, TimeSpan.FromSeconds(1), nameof(options.MaxIdempotencyWindow));
        AtLeast(options.SlowPoll, TimeSpan.FromMilliseconds(100), nameof(options.SlowPoll));
        AtLeast(options.MaxSlowPoll, TimeSpan.Zero, nameof(options.MaxSlowPoll));
        if (options.MaxMemoryBytes is { } memory) AtLeast(memory, 1024 * 1024, nameof(options.MaxMemoryBytes));
        AtLeast(options.MaxQueues, 1, nameof(options.MaxQueues));
        AtLeast(options.MaxQueuesPerCaller, 1, nameof(options.MaxQueuesPerCaller));
        AtLeast(options.EmptyQueueLifetime, TimeSpan.FromSeconds(1), nameof(options.EmptyQueueLifetime));
        AtMost(options.EmptyQueueLifetime, TimeSpan.FromDays(1), nameof(options.EmptyQueueLifetime));
        AtLeast(options.MaxQueuesPerTake, 1, nameof(options.MaxQueuesPerTake));
        AtMost(options.MaxQueuesPerTake, 100, nameof(options.MaxQueuesPerTake));
        if (options.MaxRequestBytes is { } bytes) AtLeast(bytes, options.MaxBatchBytes, nameof(options.MaxRequestBytes));
        AtLeast(options.StreamWriteTimeout, TimeSpan.FromSeconds(1), nameof(options.StreamWriteTimeout));
        AtMost(options.StreamWriteTimeout, TimeSpan.FromDays(1), nameof(options.StreamWriteTimeout));
        AtLeast(options.SocketMessageTimeout, TimeSpan.FromSeconds(1), nameof(options.SocketMessageTimeout));
        AtMost(options.SocketMessageTimeout, TimeSpan.FromDays(1), nameof(options.SocketMessageTimeout));
        AtLeast(options.ConsumerBuffer, 1, nameof(options.ConsumerBuffer));
        AtLeast(options.MaxConsumers, 1, nameof(options.MaxConsumers));
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
