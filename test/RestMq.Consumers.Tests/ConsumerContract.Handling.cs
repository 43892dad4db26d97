using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests how messages are handled when nothing fails.</summary>
public abstract partial class ConsumerContract
{
    [Fact]
    public async Task Handle_ManyMessages_RespectsConcurrency()
    {
        using var mayEnd = new SemaphoreSlim(0);
        var work = new Work<string>((_, cancellationToken) => mayEnd.WaitAsync(cancellationToken));
        var host = await ConsumeAsync(work, options => options.Concurrency = 3);
        await AddAsync(host, Numbers(20));

        // One handler ends at a time, and every other handler stays until then.
        for (var ended = 0; ended < 20; ended++)
        {
            await Until(() => work.Done.Count == ended && work.Running >= Math.Min(3, 20 - ended));
            mayEnd.Release();
        }
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        work.MostAtOnce.Should().Be(3);
        work.Done.Select(context => context.Message).Should().BeEquivalentTo(Numbers(20));
    }

    [Fact]
    public async Task Handle_ManyMessages_RespectsPrefetch()
    {
        using var mayEnd = new SemaphoreSlim(0);
        var work = new Work<string>((_, cancellationToken) => mayEnd.WaitAsync(cancellationToken));
        var host = await ConsumeAsync(work, options => (options.Concurrency, options.Prefetch) = (2, 5));
        await AddAsync(host, Numbers(20));

        await Until(async () => await LeasedAsync() == 5);
        // One handler ends at a time. The consumer leases again whenever it may, but never holds more than 5 messages.
        for (var ended = 0; ended < 20; ended++)
        {
            await Until(() => work.Done.Count == ended && work.Running >= Math.Min(2, 20 - ended));
            (await LeasedAsync()).Should().BeInRange(1, 5);
            mayEnd.Release();
        }

        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));
        work.Done.Should().HaveCount(20);

        async Task<long> LeasedAsync() => (await EngineOf(host).StatsAsync(Queue)).Leased;
    }

    [Fact]
    public async Task Handle_EmptyMessage_IsHandled()
    {
        var work = new Work<string>((_, _) => Task.CompletedTask);
        var host = await ConsumeAsync(work);

        await AddAsync(host, "", "not empty");
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        work.Done.Select(context => context.Message).Should().Equal("", "not empty");
    }

    [Fact]
    public async Task Handle_OneAtATime_KeepsOrder()
    {
        var work = new Work<string>(async (_, _) => await Task.Yield());
        var host = await ConsumeAsync(work);

        await AddAsync(host, Numbers(100));
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        work.Done.Select(context => context.Message).Should().Equal(Numbers(100));
    }

    [Fact]
    public async Task Handle_SimpleType_ReadsJsonStringAndText()
    {
        var (guids, flags) = (new Work<Guid>((_, _) => Task.CompletedTask), new Work<bool>((_, _) => Task.CompletedTask));
        var id = Guid.NewGuid();
        var other = QueueName.Parse($"{Queue}-flags");
        var host = await Hosts.StartAsync(services =>
        {
            Consume(services, guids);
            services.AddSingleton(flags).AddRestMqConsumer<bool, WorkHandler<bool>>(other.Value);
        });

        await EngineOf(host).AddAsync(Queue, [new NewMessage(MessageBody.FromJson(System.Text.Encoding.UTF8.GetBytes($"\"{id}\""))), new NewMessage(MessageBody.FromText($"{id}"))]);
        await EngineOf(host).AddAsync(other, [new NewMessage(MessageBody.FromJson("true"u8.ToArray())), new NewMessage(MessageBody.FromText("true"))]);

        await Hosts.PassUntilAsync(() => Task.FromResult(guids.Done.Count == 2 && flags.Done.Count == 2));
        guids.Done.Select(context => context.Message).Should().Equal(id, id);
        flags.Done.Select(context => context.Message).Should().Equal(true, true);
    }

    [Fact]
    public async Task Handle_JsonInText_ReadsJsonElement()
    {
        var work = new Work<JsonElement>((_, _) => Task.CompletedTask);
        var host = await Hosts.StartAsync(services => Consume(services, work));
        await AddAsync(host, """{"a":1}""", "42", "null", "{hello");

        await Hosts.PassUntilAsync(() => work.Done.Count == 4);
        work.Done.Select(context => context.Message.ValueKind).Should()
            .Equal(JsonValueKind.Object, JsonValueKind.Number, JsonValueKind.Null, JsonValueKind.String);
    }

    [Fact]
    public async Task Handle_Message_ReceivesContext()
    {
        var work = Nothing();
        var host = await ConsumeAsync(work);
        await AddAsync(host, "grüße");

        await Until(() => !work.Done.IsEmpty);

        var context = work.Done.Single();
        (context.Message, context.Queue, context.Key, context.DeliveryCount).Should().Be(("grüße", Queue, MessageKey.Parse($"{Queue}:1"), 1));
        context.Raw.Receipt.Should().Be(Receipt.Parse($"{Queue}:1.1"));
        context.Added.HasValue.Should().Be(Hosts is not HttpHosts, "a take over HTTP does not tell when a message was added");
    }

    [Fact]
    public async Task Handle_EachMessage_HasItsOwnScope()
    {
        var scopes = new List<Scoped>();
        var host = await Hosts.StartAsync(services => services.AddSingleton(scopes).AddScoped<Scoped>()
            .AddRestMqConsumer<string, ScopedHandler>(Queue.Value));
        await AddAsync(host, Numbers(3));
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        scopes.Should().HaveCount(3).And.OnlyHaveUniqueItems().And.OnlyContain(scope => scope.IsDisposed && scope.WasOpen);
    }

    [Fact]
    public async Task Handle_SeveralQueues_PrefersFirst()
    {
        var (urgent, normal) = (QueueName.Parse($"{Queue}-urgent"), QueueName.Parse($"{Queue}-normal"));
        var gate = new Gate();
        var work = new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken));
        var host = await Hosts.StartAsync(services => services.AddSingleton(work)
            .AddRestMqConsumer<string, WorkHandler<string>>($"{urgent}, {normal}", options => options.Prefetch = 1));
        await EngineOf(host).AddAsync(normal, new NewMessage(MessageBody.FromText("first come")));
        await Until(() => work.Running == 1);
        await EngineOf(host).AddAsync(normal, new NewMessage(MessageBody.FromText("later")));
        await EngineOf(host).AddAsync(urgent, new NewMessage(MessageBody.FromText("urgent")));

        gate.Open();
        await Until(() => work.Done.Count == 3);

        work.Done.Select(context => context.Message).Should().Equal("first come", "urgent", "later");
        work.Done.Select(context => context.Queue).Should().Equal(normal, urgent, normal);
    }

    [Fact]
    public async Task Handle_TwoHosts_HandleEachMessageOnce()
    {
        var (one, two) = (new Work<string>((_, _) => Task.Delay(1)), new Work<string>((_, _) => Task.Delay(1)));
        var host = await ConsumeAsync(one, options => options.Concurrency = 4);
        await ConsumeAsync(two, options => options.Concurrency = 4);

        for (var n = 0; n < 300; n += 10) await AddAsync(host, Enumerable.Range(n, 10).Select(i => $"{i}"));
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        one.Done.Concat(two.Done).Select(context => context.Message).Should().BeEquivalentTo(Enumerable.Range(0, 300).Select(n => $"{n}"));
        one.Done.Should().NotBeEmpty();
        two.Done.Should().NotBeEmpty();
    }

    public sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public bool WasOpen { get; set; }

        public void Dispose() => IsDisposed = true;
    }

    public sealed class ScopedHandler(Scoped scoped, List<Scoped> all) : IMessageHandler<string>
    {
        public async Task HandleAsync(MessageContext<string> context, CancellationToken cancellationToken)
        {
            await Task.Yield();
            scoped.WasOpen = !scoped.IsDisposed;
            all.Add(scoped);
        }
    }
}
