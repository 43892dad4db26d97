namespace RestMq.Stores;

/// <summary>Words the refusal of a queue beyond <see cref="RestMqOptions.MaxQueues"/>, for every store.</summary>
internal static class QueueLimit
{
    public static RestMqFullException Reached(QueueName queue, int limit) => new(
        $"There must be at most {limit} queues (RestMqOptions.MaxQueues), and there are as many, so {queue} was not made. "
        + "Nothing was added. Use an existing queue, or delete queues that are no longer needed.");
}
