using System.Threading.Channels;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>What a transport does, when a test says so: it reads events, and tells that they were written.</summary>
internal sealed class Listener(ILiveConsumer consumer) : IAsyncDisposable
{
    private long _lastId;

    public ILiveConsumer Consumer => consumer;

    /// <summary>The id of the last message it has read.</summary>
    public long LastId => Interlocked.Read(ref _lastId);

    /// <summary>How many events are buffered for it.</summary>
    public int Waiting => consumer.Events.Count;

    /// <summary>Whether its stream has been ended, once it has read what there was.</summary>
    public Task Ended => consumer.Events.Completion;

    /// <summary>Reads the next event and, unless told otherwise, delivers its message.</summary>
    public async Task<LiveEvent> NextAsync(bool deliver = true)
    {
        var next = await Within(consumer.Events.ReadAsync());
        if (next.Message is { } read) Interlocked.Exchange(ref _lastId, read.Key.Id);
        if (deliver && next.Message is { } message) consumer.Delivered(message);
        return next;
    }

    /// <summary>Reads and delivers so many events.</summary>
    public async Task<List<LiveEvent>> ReadAsync(int count)
    {
        var events = new List<LiveEvent>();
        while (events.Count < count)
        {
            try
            {
                events.Add(await NextAsync());
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"Of {count} events came only {events.Count}, the last {events.LastOrDefault()}.", e);
            }
        }
        return events;
    }

    /// <summary>Reads and delivers so many messages, with no gap before any.</summary>
    public async Task<List<QueueMessage>> MessagesAsync(int count)
    {
        var events = await ReadAsync(count);
        events.Should().OnlyContain(e => e.Message != null && e.Missed == 0, "nothing was missed");
        return events.ConvertAll(e => e.Message!);
    }

    /// <summary>Reads and delivers so many messages, and gives their ids.</summary>
    public async Task<List<long>> IdsAsync(int count) => (await MessagesAsync(count)).ConvertAll(message => message.Key.Id);

    /// <summary>Reads and delivers until the stream ends.</summary>
    public async Task<List<QueueMessage>> RestAsync()
    {
        var messages = new List<QueueMessage>();
        try
        {
            while (true) messages.Add((await NextAsync()).Message!);
        }
        catch (ChannelClosedException)
        {
            return messages;
        }
    }

    public ValueTask DisposeAsync() => consumer.DisposeAsync();
}
