using Microsoft.Extensions.Options;

namespace RestMq;

/// <summary>Checks the declared queues when the application starts, and reports all errors at once.</summary>
internal sealed class DeclaredQueuesValidator(IOptions<RestMqOptions> limits) : IValidateOptions<DeclaredQueues>
{
    public ValidateOptionsResult Validate(string? name, DeclaredQueues options)
    {
        var errors = new List<string>();
        TimeSpan longest;
        try
        {
            longest = limits.Value.MaxTimeToLive;
        }
        catch (OptionsValidationException)
        {
            return ValidateOptionsResult.Skip; // The options of the engine are wrong, and report it themselves.
        }
        foreach (var (queue, declared) in options.All)
        {
            Range(declared.MaxReceives, QueueLimits.MinReceives, QueueLimits.MaxReceives, nameof(declared.MaxReceives));
            Range(declared.MaxLength, 0, long.MaxValue, nameof(declared.MaxLength));
            Range(declared.TimeToLive, TimeSpan.Zero, longest, nameof(declared.TimeToLive));
            Range(declared.History, 0, QueueLimits.MaxHistory, nameof(declared.History));
            Range(declared.HistoryBytes, 0, QueueLimits.MaxHistoryBytes, nameof(declared.HistoryBytes));
            Defined(declared.Policy, nameof(declared.Policy));
            Defined(declared.Durability, nameof(declared.Durability));

            void Range<T>(T? value, T least, T most, string setting) where T : struct, IComparable<T>
            {
                if (value is { } given && (given.CompareTo(least) < 0 || given.CompareTo(most) > 0))
                    errors.Add($"{setting} of the declared queue '{queue}' must be between {least} and {most}, but was {given}.");
            }

            void Defined<T>(T? value, string setting) where T : struct, Enum
            {
                if (value is { } given && !Enum.IsDefined(given))
                    errors.Add($"{setting} of the declared queue '{queue}' must be one of {string.Join(", ", Enum.GetNames<T>())}, but was {given}.");
            }
        }
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
