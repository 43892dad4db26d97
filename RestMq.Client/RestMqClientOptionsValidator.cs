using Microsoft.Extensions.Options;
using RestMq.Client.Http;

namespace RestMq.Client;

/// <summary>Validates a client's options when the application starts, and reports all errors at once.</summary>
internal sealed class RestMqClientOptionsValidator : IValidateOptions<RestMqClientOptions>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    // A longer time is a mistake in the unit: the framework's binder reads the text 30 as 30 days.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    public ValidateOptionsResult Validate(string? name, RestMqClientOptions options)
    {
        var errors = new List<string>(options.Mistakes);
        var whose = string.IsNullOrEmpty(name) ? "" : $" of the client '{name}'";
        if (options.BaseAddress is { } address && ClientAddressValidator.Error(address, whose) is { } error) errors.Add(error);
        if (options.ReplyTimeout < Shortest || options.ReplyTimeout > Longest)
        {
            var advice = options.ReplyTimeout > Longest && options.ReplyTimeout.Ticks % TimeSpan.TicksPerDay == 0
                ? " BindConfiguration() reads a bare number as days. BindSettings() reads it as seconds." : "";
            errors.Add($"RestMqClientOptions.ReplyTimeout{whose} must be between {Shortest} and {Longest}, but was {options.ReplyTimeout}.{advice}");
        }
        if (options.SerializerOptions is null) errors.Add($"RestMqClientOptions.SerializerOptions{whose} must not be null.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
