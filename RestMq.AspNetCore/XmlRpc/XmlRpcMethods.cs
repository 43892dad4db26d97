using System.Collections.Frozen;
using RestMq.Http;

namespace RestMq.XmlRpc;

/// <summary>Holds the methods by name, with their signatures and help texts, and carries out calls.</summary>
internal sealed class XmlRpcMethods
{
    public const int NotFound = 8001;
    public const int Failed = 8002;
    public const int Unavailable = 8003;

    private static readonly string[] ValueTypes = ["string", "int", "i8", "double", "boolean", "base64", "dateTime.iso8601", "struct", "array", "nil"];

    private readonly FrozenDictionary<string, Method> _methods;
    private readonly IQueueEngine _engine;
    private readonly RestMqOptions _options;

    public XmlRpcMethods(IQueueEngine engine, RestMqOptions options)
    {
        (_engine, _options) = (engine, options);
        var add = OnQueue(
            RestMqRole.Produce, AddAsync, "Adds a message to a queue and returns its key.", "queue, value",
            [.. ValueTypes.Select(type => new[] { "string", "string", type })]);
        var take = OnQueue(
            RestMqRole.Consume, TakeAsync,
            "Takes the message at the head of a queue and returns its key, value and count. Fault 8002 when the "
            + "queue is empty.",
            "queue", ["struct", "string"]);
        _methods = new Dictionary<string, Method>
        {
            ["set"] = add,
            ["add"] = add,
            ["get"] = take,
            ["take"] = take,
            ["del"] = OnQueue(
                RestMqRole.Consume, DeleteAsync,
                "Deletes a message by its key or receipt and returns whether the message existed.", "queue, key",
                ["boolean", "string", "string"]),
            ["len"] = OnQueue(
                RestMqRole.Consume, LengthAsync, "Returns the number of ready messages in a queue.", "queue",
                ["int", "string"]),
            ["system.listMethods"] = new((_, _, _) => Reply(x => x.Array(_methods!.Keys.Order(StringComparer.Ordinal), (y, name) => y.Text(name))),
                "Returns the names of the methods.", "", ["array"]),
            [XmlRpcCall.Multicall] = new((_, _, _) => Fault(Failed, $"{XmlRpcCall.Multicall} must not be within {XmlRpcCall.Multicall}"),
                "Makes several calls, each a struct of methodName and params. Returns for each an array with its value, or "
                + "a struct with its fault.",
                "calls", ["array", "array"]),
            ["system.methodHelp"] = OnMethod(
                (x, method) => x.Text(method.Help), "Returns the help text of a method.", ["string", "string"]),
            ["system.methodSignature"] = OnMethod(
                (x, method) => x.Array(method.Signatures, (y, signature) => y.Array(signature, (z, type) => z.Text(type))),
                "Returns the signatures of a method: in each, the type of the result and the types of the parameters.",
                ["array", "string"]),
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>
    /// Carries out a call. Failures are returned as faults. Thrown are only failures of the store and the exceptions of
    /// <paramref name="guard"/>, which refuses callers.
    /// </summary>
    public ValueTask<XmlRpcReply> CallAsync(XmlRpcCall call, Func<RestMqRole, QueueName?, ValueTask> guard, CancellationToken cancellationToken)
    {
        if (call is { Calls: { } calls, Parameters.Count: 0 }) return CallAllAsync(calls, guard, cancellationToken);
        if (!_methods.TryGetValue(call.Method, out var method)) return Fault(NotFound, $"function {call.Method} not found");
        var expected = method.Signatures[0].Length - 1;
        return call.Parameters.Count == expected
            ? method.Call(call.Parameters, guard, cancellationToken)
            : Fault(
                Failed,
                $"{call.Method} must have the parameters ({method.Parameters}), but has {call.Parameters.Count}");
    }

    // Makes one call after another. A call that fails is a fault of its own, and the calls after it are made.
    private async ValueTask<XmlRpcReply> CallAllAsync(
        IReadOnlyList<XmlRpcCall> calls, Func<RestMqRole, QueueName?, ValueTask> guard, CancellationToken cancellationToken)
    {
        if (calls.Count > _options.MaxBatch)
            return await Fault(Failed, $"{XmlRpcCall.Multicall} must have at most {_options.MaxBatch} calls, but has {calls.Count}");
        var replies = new List<XmlRpcReply>(calls.Count);
        var taken = new List<QueueMessage>();
        var room = (long)_options.MaxBatchBytes;
        try
        {
            foreach (var call in calls)
            {
                var reply = room <= 0 && call.Method is "get" or "take"
                    ? await Fault(Failed, $"the messages of a reply must have at most {_options.MaxBatchBytes} bytes together, so nothing was taken")
                    : await CallOneAsync(call, guard, cancellationToken);
                replies.Add(reply);
                taken.AddRange(reply.Taken);
                room -= reply.Taken.Sum(message => (long)message.Body.Bytes.Length);
            }
        }
        catch
        {
            // No consumer has seen the messages.
            foreach (var message in taken) await _engine.SettleAsync(new Settlement(message.Receipt, SettleAction.Return), CancellationToken.None);
            throw;
        }
        return new XmlRpcReply { Value = x => x.Array(replies, static (y, reply) => reply.WriteTo(y)), Taken = taken };
    }

    private async ValueTask<XmlRpcReply> CallOneAsync(XmlRpcCall call, Func<RestMqRole, QueueName?, ValueTask> guard, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(call, guard, cancellationToken);
        }
        catch (RestMqUnavailableException e)
        {
            return Away(e);
        }
        catch (Exception refusal) when (refusal is Problem or RestMqFullException)
        {
            return new XmlRpcReply { Code = Failed, Text = refusal.Message };
        }
    }

    /// <summary>Returns the fault for a store that is away.</summary>
    public static XmlRpcReply Away(RestMqUnavailableException e) => new()
    {
        Code = Unavailable,
        Text = e is RestMqNotReplicatedException ? e.Message : "the store is unavailable, so send the call again later",
    };

    private async ValueTask<XmlRpcReply> AddAsync(QueueName queue, IReadOnlyList<MessageBody> parameters, CancellationToken cancellationToken)
    {
        var value = parameters[1];
        if (value.Bytes.Length > _options.MaxMessageBytes)
        {
            return await Fault(
                Failed, $"a message must have at most {_options.MaxMessageBytes} bytes, but has {value.Bytes.Length}");
        }
        var added = await _engine.AddAsync(queue, new NewMessage(value), cancellationToken);
        return await (added.Status == AddStatus.Full
            ? Fault(Failed, "the queue is full, so nothing was added")
            : Reply(x => x.Text(added.Key.ToString())));
    }

    private async ValueTask<XmlRpcReply> TakeAsync(QueueName queue, IReadOnlyList<MessageBody> parameters, CancellationToken cancellationToken)
    {
        var taken = await _engine.LeaseAsync([queue], 1, _options.TakeLease, TimeSpan.Zero, cancellationToken);
        if (taken.Count == 0) return await Fault(Failed, "empty queue");
        var message = taken[0];
        return new XmlRpcReply
        {
            Value = x => x.Struct(
                ("count", y => y.Integer(message.DeliveryCount)),
                ("value", y => y.Body(message.Body)),
                ("key", y => y.Text(message.Key.ToString()))),
            Taken = taken,
        };
    }

    private async ValueTask<XmlRpcReply> DeleteAsync(QueueName queue, IReadOnlyList<MessageBody> parameters, CancellationToken cancellationToken)
    {
        if (!Receipt.TryParseKeyOrReceipt(Text(parameters[1]), out var receipt) || receipt.Key.Queue != queue)
        {
            return await Fault(
                Failed, $"'key' must be a key or receipt of this queue, such as {queue}:12 or {queue}:12.3");
        }
        var result = await _engine.SettleAsync(new Settlement(receipt, SettleAction.Ack), cancellationToken);
        return await Reply(x => x.Boolean(result == SettleResult.Done));
    }

    private async ValueTask<XmlRpcReply> LengthAsync(QueueName queue, IReadOnlyList<MessageBody> parameters, CancellationToken cancellationToken)
    {
        var length = await _engine.LengthAsync(queue, cancellationToken);
        return await Reply(x => x.Integer(length));
    }

    private static Method OnQueue(
        RestMqRole role, Func<QueueName, IReadOnlyList<MessageBody>, CancellationToken, ValueTask<XmlRpcReply>> call, string help, string parameters,
        params string[][] signatures) =>
        new(async (given, guard, cancellationToken) =>
        {
            if (!QueueName.TryParse(Text(given[0]), out var queue, out var error)) return await Fault(Failed, error);
            await guard(role, queue);
            return await call(queue, given, cancellationToken);
        }, help, parameters, signatures);

    private Method OnMethod(Action<XmlRpcWriter, Method> describe, string help, string[] signature) =>
        new((given, _, _) => Text(given[0]) is not { } name ? Fault(Failed, "'method' must be a string")
            : _methods.TryGetValue(name, out var method) ? Reply(x => describe(x, method))
            : Fault(NotFound, $"function {name} not found"), help, "method", signature);

    private static string? Text(MessageBody parameter) => parameter.Kind == BodyKind.Text ? parameter.ToString() : null;

    private static ValueTask<XmlRpcReply> Reply(Action<XmlRpcWriter> value) => new(new XmlRpcReply { Value = value });

    private static ValueTask<XmlRpcReply> Fault(int code, string text) => new(new XmlRpcReply { Code = code, Text = text });

    /// <summary>Holds a method. All its signatures have the same number of parameters.</summary>
    private sealed record Method(
        Func<IReadOnlyList<MessageBody>, Func<RestMqRole, QueueName?, ValueTask>, CancellationToken, ValueTask<XmlRpcReply>> Call,
        string Help,
        string Parameters,
        params string[][] Signatures);
}
