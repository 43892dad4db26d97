using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RestMq.Running;

/// <summary>
/// One consumer. A loop takes messages while there is room for more, and workers, as many as are to be handled at a time, handle them in the
/// order they came. What is held is bounded by slots: the loop takes them, whoever settles a message gives one back. When the host stops,
/// nothing more is taken, what waits is given back, what runs may finish within its time; then it is cancelled, and given back too.
/// </summary>
internal sealed partial class ConsumerService(Consumption consumption, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int ReasonLength = 200;

    // For handlers to see that they are cancelled.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly string[] _queues = consumption.Name.Split(',', StringSplitOptions.TrimEntries);
    private readonly SemaphoreSlim _slots = new(consumption.Options.Held);
    private readonly Channel<HeldMessage> _waiting = Channel.CreateUnbounded<HeldMessage>(); // Bounded by the slots.
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _abandoned = new();

    // Room for half of what is taken ahead is worth a call.
    private readonly int _worthwhile = Math.Max(1, (consumption.Options.Held - consumption.Options.Concurrency) / 2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // A host that has no more patience cuts short what runs, but what is held is given back all the same.
        using var impatient = cancellationToken.UnsafeRegister(static cut => ((CancellationTokenSource)cut!).Cancel(), _cut);
        await base.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        base.Dispose();
        _slots.Dispose();
        _cut.Dispose();
        _abandoned.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // All consumers of a host stop taking at once, though it stops them one after another.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        LogStarted(consumption.Logger, consumption.Name, consumption.Options.Concurrency);
        consumption.Start();
        var taking = TakeAsync(stop.Token);
        Task[] working = [.. Enumerable.Range(0, consumption.Options.Concurrency).Select(_ => WorkAsync(stop.Token))];
        // They end when the host stops, or by a failure that is no message's, which then stops the host.
        await Task.WhenAny([taking, .. working]).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DrainAsync(Task.WhenAll([.. working, ReturnWaitingAsync()])).ConfigureAwait(false);
        await taking.ConfigureAwait(false);
    }

    private async Task TakeAsync(CancellationToken stopping)
    {
        var (options, time) = (consumption.Options, consumption.Time);
        try
        {
            for (var failures = 0; ;)
            {
                var room = await TakeSlotsAsync(stopping).ConfigureAwait(false);
                IReadOnlyList<SourceMessage> messages = [];
                var start = time.GetTimestamp();
                try
                {
                    messages = await consumption.Source.LeaseAsync(_queues, room, options.Lease, options.Wait, stopping).ConfigureAwait(false);
                    consumption.Answered();
                    failures = 0;
                }
                catch (Exception e) when (e is not ArgumentException && !(e is OperationCanceledException && stopping.IsCancellationRequested))
                {
                    consumption.Failed(e);
                    failures++;
                }
                foreach (var message in messages) _waiting.Writer.TryWrite(new HeldMessage(message, consumption, _cut.Token));
                if (room > messages.Count) _slots.Release(room - messages.Count);
                if (failures > 0) await Task.Delay(Consumption.PauseAfter(failures), time, stopping).ConfigureAwait(false);
                // A source that does not wait must not be asked in circles.
                else if (messages.Count == 0 && time.GetElapsedTime(start) < options.Wait / 2)
                    await Task.Delay(Consumption.PauseAfter(1), time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task<int> TakeSlotsAsync(CancellationToken stopping)
    {
        var room = 0;
        for (; room < _worthwhile; room++) await _slots.WaitAsync(stopping).ConfigureAwait(false);
        while (room < consumption.Options.Held && _slots.Wait(0, CancellationToken.None)) room++;
        return room;
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        var waiting = _waiting.Reader;
        try
        {
            while (await waiting.WaitToReadAsync(stopping).ConfigureAwait(false))
            {
                while (!stopping.IsCancellationRequested && waiting.TryRead(out var held))
                {
                    // It may have become someone else's while it waited.
                    using (held) await (held.IsLost ? Task.CompletedTask : HandleAsync(held)).ConfigureAwait(false);
                    _slots.Release();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task HandleAsync(HeldMessage held)
    {
        using var activity = Tracing.Start(held.Message);
        try
        {
            // On a thread of its own: a handler that blocks can then be abandoned like one that does not heed its token.
            await Task.Run(() => consumption.Handler(held.Message, held.Token), CancellationToken.None).WaitAsync(_abandoned.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Tracing.Fail(activity, e);
            await FailAsync(held, e).ConfigureAwait(false);
            return;
        }
        await held.AckAsync().ConfigureAwait(false);
    }

    private Task FailAsync(HeldMessage held, Exception failure)
    {
        var (message, logger) = (held.Message, consumption.Logger);
        if (failure is OperationCanceledException && (held.IsLost || _cut.IsCancellationRequested)) return held.ReleaseAsync(TimeSpan.Zero);
        if (failure is PoisonMessageException || consumption.Options.IsPoison(failure))
        {
            var reason = failure is PoisonMessageException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
            LogBuried(logger, failure, message.Key, message.Count);
            return held.BuryAsync(reason.Length is 0 ? "poison" : reason.Length <= ReasonLength ? reason : reason[..ReasonLength]);
        }
        var delay = consumption.DelayAfter(message.Count);
        LogFailed(logger, failure, message.Key, message.Count, delay);
        return held.ReleaseAsync(delay);
    }

    // Last to first: each goes to the head of its queue, and so they are in order again. Once one cannot be given back in time, neither can the rest.
    private async Task ReturnWaitingAsync()
    {
        var waiting = new Stack<HeldMessage>();
        while (_waiting.Reader.TryRead(out var held)) waiting.Push(held);
        var away = false;
        foreach (var held in waiting)
        {
            using (held) away = away || !await held.ReturnAsync().ConfigureAwait(false);
        }
    }

    private async Task DrainAsync(Task holding)
    {
        try
        {
            await holding.WaitAsync(consumption.Options.DrainTimeout, consumption.Time, _cut.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException && !holding.IsCompleted)
        {
            LogCut(consumption.Logger, consumption.Name);
            await _cut.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(holding, Task.Delay(Grace, consumption.Time, CancellationToken.None)).ConfigureAwait(false);
            await _abandoned.CancelAsync().ConfigureAwait(false);
            await holding.ConfigureAwait(false);
        }
    }

    [LoggerMessage(60, LogLevel.Information, "Consuming {Queues}, {Concurrency} messages at a time")]
    private static partial void LogStarted(ILogger logger, string queues, int concurrency);

    [LoggerMessage(63, LogLevel.Warning, "{Key} could not be handled (hand-out {Count}), and comes again in {Delay}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string key, long count, TimeSpan delay);

    [LoggerMessage(64, LogLevel.Error, "{Key} can never be handled (hand-out {Count}), and is buried")]
    private static partial void LogBuried(ILogger logger, Exception exception, string key, long count);

    [LoggerMessage(65, LogLevel.Warning, "The time to finish is over: what the consumer of {Queues} still handles is cancelled and given back")]
    private static partial void LogCut(ILogger logger, string queues);
}
