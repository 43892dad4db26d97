using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RestMq.Hosting;

/// <summary>
/// Runs one consumer. A loop leases messages while slots are free. Workers, as many as
/// <see cref="RestMqConsumerOptions.Concurrency"/>, handle the messages in the order of their arrival. Slots bound the
/// number of held messages: the loop acquires a slot for each message, and the worker frees it after the message is
/// settled. When the application stops, the loop leases no more messages and waiting messages are released. Running
/// handlers may finish within <see cref="RestMqConsumerOptions.DrainTimeout"/>. After that they are cancelled and their
/// messages are released.
/// </summary>
internal sealed partial class ConsumerService(ConsumerLoop consumption, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int ReasonLength = 200;

    // The time in which cancelled handlers may end before they are abandoned.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly string[] _queues = consumption.Name.Split(',', StringSplitOptions.TrimEntries);
    private readonly SemaphoreSlim _slots = new(consumption.Options.Held);
    private readonly Channel<HeldMessage> _waiting = Channel.CreateUnbounded<HeldMessage>(); // The slots bound it.
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _abandoned = new();

    // The loop leases again when half of the slots are free. Fewer are not worth a call.
    private readonly int _worthwhile = Math.Max(1, (consumption.Options.Held - consumption.Options.Concurrency) / 2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // When HostOptions.ShutdownTimeout ends, running handlers are cancelled. Held messages are released
        // nevertheless, so the base method gets no token.
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
        // A host stops its services one after another. ApplicationStopping makes all consumers stop leasing at the same
        // time.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        LogStarted(consumption.Logger, consumption.Name, consumption.Options.Concurrency);
        consumption.Start();
        var taking = TakeAsync(stop.Token);
        Task[] working = [.. Enumerable.Range(0, consumption.Options.Concurrency).Select(_ => WorkAsync(stop.Token))];
        // The loop and the workers end when the application stops, or by a failure outside message handling, such as an
        // invalid queue name. The last line rethrows that failure, which stops the application.
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
                var slots = await TakeSlotsAsync(stopping).ConfigureAwait(false);
                IReadOnlyList<SourceMessage> messages = [];
                var start = time.GetTimestamp();
                try
                {
                    messages = await consumption.Source.LeaseAsync(_queues, slots, options.Lease, options.Wait, stopping).ConfigureAwait(false);
                    consumption.Answered();
                    failures = 0;
                }
                catch (Exception e) when (e is not ArgumentException && !(e is OperationCanceledException && stopping.IsCancellationRequested))
                {
                    consumption.Failed(e);
                    failures++;
                }
                foreach (var message in messages) _waiting.Writer.TryWrite(new HeldMessage(message, consumption, _cut.Token));
                if (slots > messages.Count) _slots.Release(slots - messages.Count);
                if (failures > 0) await Task.Delay(ConsumerLoop.PauseAfter(failures), time, stopping).ConfigureAwait(false);
                // A source may return early without messages. The pause prevents a busy loop.
                else if (messages.Count == 0 && time.GetElapsedTime(start) < options.Wait / 2)
                    await Task.Delay(ConsumerLoop.PauseAfter(1), time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task<int> TakeSlotsAsync(CancellationToken stopping)
    {
        var slots = 0;
        for (; slots < _worthwhile; slots++) await _slots.WaitAsync(stopping).ConfigureAwait(false);
        while (slots < consumption.Options.Held && _slots.Wait(0, CancellationToken.None)) slots++;
        return slots;
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
                    // The lease may have been lost while the message waited for a worker.
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
            // Task.Run moves the handler to another thread. So also a handler that blocks can be abandoned, like a
            // handler that ignores its token.
            await Task.Run(() => consumption.Handler(held.Message, held.Token), CancellationToken.None)
                .WaitAsync(_abandoned.Token).ConfigureAwait(false);
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
            LogBuried(logger, failure, message.Key, message.DeliveryCount);
            return held.BuryAsync(reason.Length is 0 ? "poison" : reason.Length <= ReasonLength ? reason : reason[..ReasonLength]);
        }
        var delay = consumption.DelayAfter(message.DeliveryCount);
        LogFailed(logger, failure, message.Key, message.DeliveryCount, delay);
        return held.ReleaseAsync(delay);
    }

    // Each message returns to the head of its queue. Returning them from last to first restores their order. After one
    // failure the rest is not tried, because their source does not answer either.
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

    [LoggerMessage(60, LogLevel.Information,
        "The consumer of {Queues} started and handles up to {Concurrency} messages at a time.")]
    private static partial void LogStarted(ILogger logger, string queues, int concurrency);

    [LoggerMessage(63, LogLevel.Warning,
        "{Key} could not be handled (delivery {Count}). It is delivered again in {Delay}.")]
    private static partial void LogFailed(ILogger logger, Exception exception, MessageKey key, long count, TimeSpan delay);

    [LoggerMessage(64, LogLevel.Error, "{Key} can never be handled (delivery {Count}). It is buried.")]
    private static partial void LogBuried(ILogger logger, Exception exception, MessageKey key, long count);

    [LoggerMessage(65, LogLevel.Warning,
        "The consumer of {Queues} must finish within RestMqConsumerOptions.DrainTimeout and " +
        "HostOptions.ShutdownTimeout, but did not. Its handlers are cancelled and their messages are released.")]
    private static partial void LogCut(ILogger logger, string queues);
}
