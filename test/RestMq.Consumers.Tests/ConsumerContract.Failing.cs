using System.Text;
using static RestMq.Deadline;

namespace RestMq;

/// <summary>Tests messages whose handling fails.</summary>
public abstract partial class ConsumerContract
{
    [Fact]
    public async Task Handle_Failure_RetriesWithHigherCount()
    {
        var work = new Work<string>((context, _) => context.DeliveryCount < 3 ? throw new InvalidOperationException("not yet") : Task.CompletedTask);
        var host = await ConsumeAsync(work);
        await AddAsync(host, "stubborn");

        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        work.Begun.Select(context => context.DeliveryCount).Should().Equal(1, 2, 3);
        work.Done.Should().ContainSingle();
        Hosts.Log.Count(63).Should().Be(2);
    }

    [Fact]
    public async Task Handle_PoisonMessage_IsBuriedWithReason()
    {
        var work = new Work<string>((context, _) => context.Message == "2" ? throw new PoisonMessageException("no such customer") : Task.CompletedTask);
        var host = await ConsumeAsync(work);
        await AddAsync(host, Numbers(3));

        (await BuriedAsync(host)).Should().Match<MessageSnapshot>(dead => dead.Reason == "no such customer" && dead.Message.Body.ToString() == "2");
        await Until(() => work.Done.Count == 2);
        work.Begun.Should().HaveCount(3, "a poison message is not retried");
    }

    [Fact]
    public async Task IsPoison_MatchingException_BuriesMessage()
    {
        var work = new Work<string>((_, _) => throw new KeyNotFoundException(new string('x', 300)));
        var host = await ConsumeAsync(work, options => options.IsPoison = e => e is KeyNotFoundException);
        await AddAsync(host, "hello");

        (await BuriedAsync(host)).Reason.Should().Be($"KeyNotFoundException: {new string('x', 178)}", "a reason has 200 characters at most");
    }

    [Theory]
    [InlineData("""{"number": "many"}""")]
    [InlineData("""{"number": 1""")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Handle_UnreadableBody_IsBuriedUnhandled(string body)
    {
        var work = new Work<Order>((_, _) => Task.CompletedTask);
        var host = await Hosts.StartAsync(services => Consume(services, work));
        await AddAsync(host, body, """{"number": 2, "customer": "Ann"}""");

        (await BuriedAsync(host)).Reason.Should().StartWith("not a JSON Order: ");
        await Until(() => !work.Done.IsEmpty);
        work.Begun.Should().ContainSingle().Which.Message.Should().Be(new Order(2, "Ann"));
    }

    [Fact]
    public async Task Handle_HalfSurrogateOrValueThatIsRefused_IsBuriedAndTheRestHandled()
    {
        var work = new Work<Counted>((_, _) => Task.CompletedTask);
        var host = await Hosts.StartAsync(services => Consume(services, work));
        string[] bodies = ["\"half \\ud83d\"", "{\"number\": -1}", "{\"number\": 2}"];
        await EngineOf(host).AddManyAsync(Queue, [.. bodies.Select(body => new NewMessage(StoredBody.UncheckedJson(body)))]);

        await Hosts.PassUntilAsync(() => Task.FromResult(!work.Done.IsEmpty));
        work.Begun.Should().ContainSingle().Which.Message.Number.Should().Be(2);
        await Hosts.PassUntilAsync(() => IsBuriedAsync(host, 2));
        Hosts.Log.Count(64).Should().Be(2, "each unreadable message is one line");
    }

    [Fact]
    public async Task Handle_InvalidUtf8_IsBuried()
    {
        var host = await ConsumeAsync(Nothing());
        await EngineOf(host).AddAsync(Queue, new NewMessage(MessageBody.FromBytes(Encoding.Latin1.GetBytes("grüße"))));

        (await BuriedAsync(host)).Reason.Should().Be("not a text in UTF-8");
    }

    [Fact]
    public async Task Handle_MaxReceivesReached_IsBuried()
    {
        var work = new Work<string>((_, _) => throw new InvalidOperationException("never"));
        var host = await ConsumeAsync(work);
        await EngineOf(host).ConfigureAsync(Queue, new QueueSettingsChange { MaxReceives = 3 });
        await AddAsync(host, "hopeless");

        (await BuriedAsync(host)).Reason.Should().Be("max_receives (3) reached");
        work.Begun.Should().HaveCount(3);
    }

    [Fact]
    public async Task Handle_LongerThanLease_RenewsLease()
    {
        var gate = new Gate();
        var (one, two) = (new Work<string>((_, cancellationToken) => gate.PassAsync(cancellationToken)), Nothing());
        var host = await ConsumeAsync(one);
        await AddAsync(host, "long", "waits meanwhile");
        await Until(() => one.Running == 1);
        await Until(async () => (await EngineOf(host).StatsAsync(Queue)).Leased == 2);
        await ConsumeAsync(two);

        for (var passed = TimeSpan.Zero; passed < 2.5 * Lease; passed += Lease / 10)
        {
            await Hosts.PassAsync(Lease / 10);
            // This round trip lets renewals run when the test controls the time.
            (await EngineOf(host).StatsAsync(Queue)).Leased.Should().Be(2);
        }
        gate.Open();
        await Hosts.PassUntilAsync(() => IsEmptyAsync(host));

        one.Done.Select(context => context.DeliveryCount).Should().Equal(1, 1);
        two.Begun.Should().BeEmpty();
    }

    [Fact]
    public async Task Handle_LeaseLost_IsCancelled()
    {
        var cancelled = new TaskCompletionSource();
        var work = new Work<string>(async (_, cancellationToken) =>
        {
            await using var registration = cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            cancellationToken.ThrowIfCancellationRequested();
        });
        var host = await ConsumeAsync(work);
        await AddAsync(host, "fought over");
        await Until(() => work.Running == 1);

        var message = work.Begun.Single();
        var receipt = message.Raw.Receipt;
        await EngineOf(host).SettleAsync(new Settlement(receipt, SettleAction.Bury) { Reason = "by somebody else" });
        await Hosts.PassUntilAsync(cancelled.Task);
        await Until(() => work.Running == 0);

        Hosts.Log.Count(70).Should().Be(1);
        (await BuriedAsync(host)).Reason.Should().Be("by somebody else");
    }
}
