using Microsoft.Extensions.Options;

namespace RestMq.Redis;

/// <summary>
/// Checks the options of the Redis store when the application starts, and reports all errors at once.
/// </summary>
internal sealed class RedisStoreOptionsValidator : IValidateOptions<RedisStoreOptions>
{
    private const int MostReplicas = 100; // No primary feeds so many replicas, so a greater number is a mistake.

    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(1); // WAIT takes 0 ms as "no limit".
    private static readonly TimeSpan MostTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, RedisStoreOptions options)
    {
        var errors = new List<string>();
        if (options.Replicas is < 1 or > MostReplicas)
            errors.Add($"RedisStoreOptions.Replicas must be between 1 and {MostReplicas}, but was {options.Replicas}.");
        if (options.ReplicationTimeout < LeastTimeout || options.ReplicationTimeout > MostTimeout)
            errors.Add($"RedisStoreOptions.ReplicationTimeout must be between {LeastTimeout} and {MostTimeout}, but was {options.ReplicationTimeout}.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
