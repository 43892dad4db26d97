using System.Threading.Channels;
using static RestMq.Deadline;

namespace RestMq.Delivery;

/// <summary>Acts as a transport under a test's control. It reads events and reports that they were written.</summary>
internal sealed class Listener(ILiveConsumer consumer) : IAsyncDisposable
{
    private long _lastId;

    public ILiveConsumer Consumer => consumer;

    /// <summary>Gets the id of the last message that was read.</summary>
    public long LastId => Interlocked.Read(ref _lastId);

    /// <summary>Gets the number of buffered events.</summary>
    public int Waiting => consumer.Events.Count;

    /// <summary>Gets a task that completes when the stream has ended and all its events have been read.</summary>
    public Task Ended => consumer.Events.Completion;

    /// <summary>Reads the next event and by default delivers its message.</summary>
    public async Task<LiveEvent> NextAsync(bool deliver = true)
    {
        var next = await Within(consumer.Events.ReadAsync());
        if (next.Message is { } read) Interlocked.Exchange(ref _lastId, read.Key.Id);
        if (deliver && next.Message is { } message) consumer.Delivered(message);
        return next;
    }

    /// <summary>Reads and delivers the given number of events.</summary>
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
                throw new TimeoutException(
                    $"Expected {count} events, but {events.Count} came. The last was {events.LastOrDefault()}.", e);
            }
        }
        return events;
    }

    /// <summary>Reads and delivers the given number of messages, and asserts that no message was missed.</summary>
    public async Task<List<QueueMessage>> MessagesAsync(int count)
    {
        var events = await ReadAsync(count);
        events.Should().OnlyContain(e => e.Message != null && e.Missed == 0, "no message was missed");
        return events.ConvertAll(e => e.Message!);
    }

    /// <summary>Reads and delivers the given number of messages, and returns their ids.</summary>
    public async Task<List<long>> IdsAsync(int count) => (await MessagesAsync(count)).ConvertAll(message => message.Key.Id);

    /// <summary>Reads and delivers messages until the stream ends.</summary>
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
