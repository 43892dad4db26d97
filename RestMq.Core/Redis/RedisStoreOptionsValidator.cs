using Microsoft.Extensions.Options;
using RestMq.Redis.Connections;

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
        errors.AddRange(ServerErrors(options));
        if (options.KeyPrefix is null) errors.Add("RedisStoreOptions.KeyPrefix must not be null. Set a text, such as 'restmq:'.");
        if (options.Replicas is < 1 or > MostReplicas)
            errors.Add($"RedisStoreOptions.Replicas must be between 1 and {MostReplicas}, but was {options.Replicas}.");
        if (options.ReplicationTimeout < LeastTimeout || options.ReplicationTimeout > MostTimeout)
            errors.Add($"RedisStoreOptions.ReplicationTimeout must be between {LeastTimeout} and {MostTimeout}, but was {options.ReplicationTimeout}.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    // The errors never contain the connection string, because it may hold a password.
    private static IEnumerable<string> ServerErrors(RedisStoreOptions options)
    {
        if (options.ConnectionFactory is not null) return [];
        if (options.ConfigurationOptions is { } given)
        {
            return given.EndPoints.Count > 0 ? []
                : ["RedisStoreOptions.ConfigurationOptions must name a server, but its EndPoints are empty. Add a host and a port."];
        }
        if (options.Configuration is null)
        {
            return
            [
                $"{options.ConfigurationPlace} must name a Redis server, but was not set. Set a connection string, such as "
                + "'localhost:6379' or 'redis://user:password@host:6379/0', or set ConfigurationOptions or ConnectionFactory.",
            ];
        }
        return RedisConnectionString.Read(options.Configuration).Mistakes.Select(mistake => $"{options.ConfigurationPlace}: {mistake}");
    }
}
