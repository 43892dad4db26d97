using System.Reflection;
using System.Text.Json;
using NSubstitute;

namespace RestMq.Client;

/// <summary>
/// Tests the signatures of the public calls: which members an application must implement, and that no call takes a text
/// where it means a key or a receipt.
/// </summary>
public sealed class InterfaceTests(MemoryHost host) : IClassFixture<MemoryHost>
{
    /// <summary>
    /// Lists the members that a class of an application must implement since version 0.1.0. A later member has a default
    /// implementation, so do not add to this list after that version.
    /// </summary>
    private static readonly Dictionary<Type, string[]> Abstract = new()
    {
        [typeof(IRestMqClient)] =
        [
            "AckAsync", "AddAsync", "AddManyAsync", "AddStreamAsync", "BrowseAsync", "BuryAsync", "ConfigureAsync", "ConsumeAsync",
            "ConsumeLeasedAsync", "DeleteAsync", "DeleteQueueAsync", "ExtendAsync", "GetSettingsAsync", "LeaseAsync", "LeaseManyAsync",
            "ListAllAsync", "PeekAsync", "PeekHeadAsync", "PurgeAsync", "RedriveAsync", "RedriveAsync", "ReleaseAsync", "StatsAsync",
            "StatsOfAllAsync", "TakeAsync", "TakeManyAsync", "TakeStreamAsync",
        ],
        [typeof(IQueueEngine)] =
        [
            "AddAsync", "AddAsync", "BrowseAsync", "ConfigureAsync", "DeleteQueueAsync", "GetSettingsAsync", "LeaseAsync", "LengthAsync",
            "ListAsync", "PeekAsync", "PeekHeadAsync", "PurgeAsync", "RebuildIndexAsync", "RedriveAsync", "RedriveAsync", "SettleAsync",
            "SettleAsync", "StatsAsync", "StatsAsync", "SubscribeAsync", "TakeAsync", "get_Store",
        ],
        [typeof(IMessageSource)] = ["AckAsync", "BuryAsync", "ExtendAsync", "LeaseAsync", "ReleaseAsync"],
        [typeof(ILiveConsumer)] = ["Delivered", "get_BeginsAfter", "get_Events", "get_Queue"],
    };

    public static TheoryData<string> NamedCalls =>
        [.. Calls(typeof(QueueEngineExtensions)).Where(call => NameOf(call) is not null).Select(Signature)];

    [Fact]
    public void Interfaces_NewMembers_HaveDefaultImplementations()
    {
        foreach (var (type, expected) in Abstract)
            type.GetMethods().Where(method => method.IsAbstract).Select(method => method.Name).Order(StringComparer.Ordinal).Should().Equal(expected);
    }

    [Fact]
    public async Task PeekHead_DefaultImplementation_CountsOrThrows()
    {
        var engine = Substitute.For<IQueueEngine>();
        var queue = QueueName.Parse("orders");
        var head = new QueueMessage(new MessageKey(queue, 7), MessageBody.FromText("head"), 1, DateTimeOffset.UnixEpoch);
        engine.PeekHeadAsync(queue, CancellationToken.None).Returns(head);
        // A substitute replaces the default implementation too. The function pointer calls it without dispatch.
        var member = typeof(IQueueEngine).GetMethod(nameof(IQueueEngine.PeekHeadAsync), [typeof(QueueName), typeof(bool), typeof(CancellationToken)])!;
        var peekHead = (Func<QueueName, bool, CancellationToken, ValueTask<QueueMessage?>>)Activator.CreateInstance(
            typeof(Func<QueueName, bool, CancellationToken, ValueTask<QueueMessage?>>), engine, member.MethodHandle.GetFunctionPointer())!;

        (await peekHead(queue, true, CancellationToken.None)).Should().BeSameAs(head);
        await FluentActions.Awaiting(() => peekHead(queue, false, CancellationToken.None).AsTask())
            .Should().ThrowAsync<NotSupportedException>().WithMessage("PeekHeadAsync without counting a delivery must be implemented by*");
    }

    [Fact]
    public void Calls_KeysAndReceipts_AreTyped()
    {
        Type[] types =
        [
            typeof(IRestMqClient), typeof(RestMqClientExtensions), typeof(RestMqClientJsonExtensions), typeof(IQueueEngine),
            typeof(QueueEngineExtensions), typeof(LeasedMessage<>), typeof(QueueMessage<>), typeof(PeekedMessage<>), typeof(StreamMessage),
        ];
        var parameters = types.SelectMany(type => Calls(type).Cast<MethodBase>().Concat(type.GetConstructors())).SelectMany(call => call.GetParameters()).ToArray();
        parameters.Count(parameter => parameter.Name == "key").Should().BeGreaterThan(5);
        foreach (var parameter in parameters)
        {
            var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
            if (parameter.Name == "key") type.Should().Be<MessageKey>($"{parameter.Member}");
            if (parameter.Name == "receipt") type.Should().Be<Receipt>($"{parameter.Member}");
        }
        foreach (var type in new[] { typeof(MessageKey), typeof(Receipt) })
        {
            type.GetMethods(BindingFlags.Public | BindingFlags.Static).Select(method => method.Name)
                .Should().NotContain("op_Implicit", "a key must not become a receipt unseen");
        }
    }

    [Fact]
    public void Engine_EachCallOfAQueue_TakesTheNameAsText()
    {
        var named = Calls(typeof(QueueEngineExtensions)).Where(call => NameOf(call) is not null).Select(call => call.Name).ToHashSet();
        // Several settlements are of receipts, which have their queue.
        typeof(IQueueEngine).GetMethods().Where(call => call.GetParameters().Any(parameter => parameter.ParameterType == typeof(QueueName)) && call.Name != "SettleAsync")
            .Select(call => call.Name).Should().BeSubsetOf(named);
        named.Should().Contain(["LeaseAsync", "LeaseManyAsync", "AddManyAsync"]);
    }

    [Theory]
    [MemberData(nameof(NamedCalls))]
    public async Task Engine_InvalidName_ThrowsWithTheRule(string signature)
    {
        var call = Calls(typeof(QueueEngineExtensions)).Single(call => Signature(call) == signature);
        if (call.IsGenericMethodDefinition) call = call.MakeGenericMethod(typeof(string));
        object?[] arguments = [.. call.GetParameters().Select(parameter => parameter.ParameterType switch
        {
            var type when type == typeof(IQueueEngine) => host.Engine,
            var type when type == typeof(string) => "a b",
            var type when type == typeof(IReadOnlyList<string>) => new[] { "good", "a b" },
            var type when type == typeof(IReadOnlyList<NewMessage>) => Array.Empty<NewMessage>(),
            var type when type == typeof(TimeSpan) => TimeSpan.FromSeconds(1),
            var type when type == typeof(int) => 1,
            var type when type.IsValueType => Activator.CreateInstance(type),
            var type when type.Name.StartsWith("JsonTypeInfo", StringComparison.Ordinal) => JsonSerializerOptions.Web.GetTypeInfo(typeof(string)),
            var type => Activator.CreateInstance(type),
        })];
        var invoke = async () =>
        {
            dynamic task = call.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            await task;
        };
        (await invoke.Should().ThrowAsync<ArgumentException>()).WithMessage("*must contain no control characters, white space*'a b'*");
    }

    [Fact]
    public async Task Engine_NamesAsText_ReachTheSameQueue()
    {
        var queue = QueueHost.NextQueue();
        var engine = host.Engine;
        await engine.AddManyAsync(queue, [.. Enumerable.Range(1, 5).Select(n => new NewMessage(MessageBody.FromText($"{n}")))]);
        (await engine.TakeAsync(queue))!.Key.Id.Should().Be(1);
        var leased = (await engine.LeaseAsync($"nothing-here,{queue}", TimeSpan.FromSeconds(30)))!;
        (await engine.AckAsync(leased.Receipt)).Should().BeTrue();
        (await engine.AckAsync(leased.Receipt)).Should().BeFalse();
        var held = await engine.LeaseManyAsync(queue, 2, TimeSpan.FromSeconds(30));
        held.Select(message => message.Key.Id).Should().Equal(3, 4);
        (await engine.DeleteAsync(held[0].Key)).Should().BeTrue("a key deletes a message wherever it is");
        (await engine.ExtendAsync(held[1].Receipt, TimeSpan.FromSeconds(60))).Should().BeTrue();
        (await engine.BuryAsync(held[1].Receipt, "bad")).Should().BeTrue();
        (await engine.RedriveAsync(queue)).Should().Be(1);
        (await engine.PauseAsync(queue)).Stopped.Should().BeTrue();
        var (one, several) = (await engine.StatsAsync(queue), (await engine.StatsAsync([queue]))[0]);
        several.OldestAge.Should().BeGreaterThanOrEqualTo(one.OldestAge!.Value, "the message has aged between the calls");
        several.Should().Be(one with { OldestAge = several.OldestAge });
        (await engine.LengthAsync(queue)).Should().Be(2);
        await engine.Awaiting(e => e.AckAsync(default).AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("*DeleteAsync*");
        await engine.Awaiting(e => e.AckAsync(new Receipt(held[1].Key, 0)).AsTask()).Should().ThrowAsync<ArgumentException>();
        (await engine.DeleteQueueAsync(queue)).Should().BeTrue();
    }

    private static MethodInfo[] Calls(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    private static ParameterInfo? NameOf(MethodInfo call) => call.GetParameters().FirstOrDefault(parameter =>
        parameter.Name is "queue" or "queues" or "after" && (parameter.ParameterType == typeof(string) || parameter.ParameterType == typeof(IReadOnlyList<string>)));

    private static string Signature(MethodInfo call) => $"{call.Name}({string.Join(", ", call.GetParameters().Select(parameter => parameter.ParameterType.Name))})";
}
