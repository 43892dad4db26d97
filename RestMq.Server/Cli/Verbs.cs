using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq.Server.Cli;

/// <summary>Carries out a verb with its parsed arguments, and returns the exit code.</summary>
internal delegate Task<int> VerbAction(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken);

/// <summary>Holds the verbs of the original's engine, with their arguments, options and actions.</summary>
internal static class Verbs
{
    private static readonly Argument<QueueName> Queue =
        new("queue") { Description = "The queue. It need not exist.", CustomParser = Name };
    private static readonly Argument<QueueName?> AnyQueue = new("queue")
    {
        Description = "The queue. By default all queues.",
        CustomParser = Name,
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Argument<string[]> Values = new("value")
    {
        Description = "The messages, as texts. By default each line of the standard input is a message.",
    };
    private static readonly Argument<string?> Policy = Word(
        "policy", "The policy to set. By default the verb only writes the current policy.", "broadcast", "roundrobin");
    private static readonly Option<bool> AsJson = new("--json") { Description = "The values are JSON." };
    private static readonly Option<double?> Delay = new("--delay") { Description = "Seconds until the messages are ready.", HelpName = "seconds" };
    private static readonly Option<double?> TimeToLive =
        new("--ttl") { Description = "Seconds after which the messages expire.", HelpName = "seconds" };
    private static readonly Option<string?> Durability = new("--durability")
    {
        Description = "stored or replicated: what adds wait for. By default the queue's setting.",
    };
    private static readonly Option<int> Max =
        new("--max") { Description = "The most messages to take.", DefaultValueFactory = _ => 1, HelpName = "n" };
    private static readonly Option<double> Wait =
        new("--wait") { Description = "Seconds to wait for the first message: 0 to 60.", HelpName = "seconds" };
    private static readonly Option<bool> Raw = new("--raw") { Description = "Write only the messages' contents." };
    private static readonly Option<long?> After = new("--after")
    {
        Description = "Begin after this id of the queue's history; 0 for the whole history.",
        HelpName = "id",
    };
    private static readonly Option<string> Place = new("--state")
    {
        Description = "The state of the messages: ready, leased, delayed or dead.",
        DefaultValueFactory = _ => "ready",
    };

    static Verbs()
    {
        Place.AcceptOnlyFromAmong("ready", "leased", "delayed", "dead");
        Durability.AcceptOnlyFromAmong("stored", "replicated");
    }

    /// <summary>Returns all verbs. <paramref name="on"/> wraps the action of each.</summary>
    public static IEnumerable<Command> All(Func<VerbAction, Func<ParseResult, CancellationToken, Task<int>>> on) =>
    [
        Verb(
            "produce", "Add messages, and write their keys.",
            on(ProduceAsync), Queue, Values, AsJson, Delay, TimeToLive, Durability),
        Verb(
            "consume", "Take messages. Messages that cannot be written return to the queue.",
            on(ConsumeAsync), Queue, Max, Wait, Raw),
        Verb("look", "Show the message at the head without taking it.", on(LookAsync), Queue, Raw),
        Verb("stats", "Show the numbers of a queue, or of all queues.", on(StatsAsync), AnyQueue),
        Verb(
            "policy",
            "Show or set how live consumers share messages (broadcast: each gets all; roundrobin: each gets some), and "
            + "what adds wait for.",
            on(PolicyAsync), Queue, Policy, Durability),
        Verb("count", "Show the number of ready messages.", on(CountAsync), Queue),
        Verb("last", "Show the ten newest messages, newest first.", on(LastAsync), Queue, Place, Raw),
        Verb(
            "reindex", "Rebuild the index of queues after it was lost, and write the number of queues in Redis.",
            on(ReindexAsync)),
        Verb(
            "listen",
            "Listen as a live consumer: write messages as they come, until interrupted or until the queue is purged.",
            on(ListenAsync), Queue, After, Raw),
    ];

    private static async Task<int> ProduceAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Values) is { Length: > 0 } values)
        {
            await AddAsync(values);
            return ExitCode.Done;
        }
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        while (await input.ReadLineAsync(cancellationToken) is { } line) await AddAsync([line]);
        return ExitCode.Done;

        async Task AddAsync(string[] texts)
        {
            var reply = await AskAsync(parsed, queues, "add", cancellationToken, writer =>
            {
                writer.WriteStartArray("values");
                foreach (var text in texts) WriteValue(writer, text, parsed.GetValue(AsJson));
                writer.WriteEndArray();
                if (parsed.GetValue(Delay) is { } delay) writer.WriteNumber("delay", delay);
                if (parsed.GetValue(TimeToLive) is { } ttl) writer.WriteNumber("ttl", ttl);
                if (parsed.GetValue(Durability) is { } durability) writer.WriteString("durability", durability);
            });
            var keys = Reply.Read(reply, static root => root.GetProperty("keys").EnumerateArray().Select(key => key.GetString()!).ToList());
            foreach (var key in keys) await output.LineAsync(Encoding.UTF8.GetBytes(key), cancellationToken);
        }
    }

    private static async Task<int> ConsumeAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        var messages = queues.TakeAsync(parsed.GetRequiredValue(Queue), parsed.GetValue(Max), TimeSpan.FromSeconds(parsed.GetValue(Wait)), cancellationToken);
        return await output.MessagesAsync(messages, parsed.GetValue(Raw), cancellationToken) > 0 ? ExitCode.Done : throw Empty();
    }

    private static async Task<int> LookAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        var message = await AskAsync(parsed, queues, "get", cancellationToken);
        await output.LineAsync(parsed.GetValue(Raw) ? Reply.ValueOf(message) : message, cancellationToken);
        return ExitCode.Done;
    }

    private static async Task<int> StatsAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        await output.TableAsync(queues.StatsAsync(parsed.GetValue(AnyQueue), cancellationToken), cancellationToken);
        return ExitCode.Done;
    }

    private static async Task<int> ReindexAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        var count = await queues.ReindexAsync(cancellationToken);
        await output.LineAsync(Encoding.UTF8.GetBytes(count.ToString(CultureInfo.InvariantCulture)), cancellationToken);
        return ExitCode.Done;
    }

    private static Task<int> PolicyAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken) =>
        TellAsync(parsed, queues, output, "policy", ["policy", "durability"], cancellationToken, writer =>
        {
            if (parsed.GetValue(Policy) is { } policy) writer.WriteString("policy", policy);
            if (parsed.GetValue(Durability) is { } durability) writer.WriteString("durability", durability);
        });

    private static Task<int> CountAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken) =>
        TellAsync(parsed, queues, output, "len", ["len"], cancellationToken);

    private static async Task<int> LastAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        var messages = queues.LastAsync(parsed.GetRequiredValue(Queue), WireNames.State(parsed.GetValue(Place)!), cancellationToken);
        return await output.MessagesAsync(messages, parsed.GetValue(Raw), cancellationToken) > 0 ? ExitCode.Done : throw Empty();
    }

    private static async Task<int> ListenAsync(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken)
    {
        try
        {
            await output.MessagesAsync(queues.ListenAsync(parsed.GetRequiredValue(Queue), parsed.GetValue(After), cancellationToken), parsed.GetValue(Raw), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C ends listening. It is not a failure.
        }
        return ExitCode.Done;
    }

    // Carries out a command and writes members of its reply, one a line. Members that the reply lacks are left out.
    private static async Task<int> TellAsync(
        ParseResult parsed, IQueues queues, Output output, string command, string[] members, CancellationToken cancellationToken,
        Action<Utf8JsonWriter>? fields = null)
    {
        var told = Reply.Read(
            await AskAsync(parsed, queues, command, cancellationToken, fields),
            // The first member is in every reply, the others only when the command asked for them.
            root => members.Where(member => member == members[0] || root.TryGetProperty(member, out _)).Select(member => root.GetProperty(member).ToString()).ToList());
        foreach (var line in told) await output.LineAsync(Encoding.UTF8.GetBytes(line), cancellationToken);
        return ExitCode.Done;
    }

    private static async Task<ReadOnlyMemory<byte>> AskAsync(
        ParseResult parsed, IQueues queues, string command, CancellationToken cancellationToken, Action<Utf8JsonWriter>? fields = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, MessageJson.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("cmd", command);
            writer.WriteString("queue", parsed.GetRequiredValue(Queue).Value);
            fields?.Invoke(writer);
            writer.WriteEndObject();
        }
        var reply = await queues.AskAsync(buffer.WrittenMemory, cancellationToken);
        return Reply.ErrorOf(reply) switch
        {
            null => reply,
            "empty queue" => throw Empty(),
            var error => throw new VerbException(error),
        };
    }

    private static void WriteValue(Utf8JsonWriter writer, string text, bool isJson)
    {
        if (!isJson) writer.WriteStringValue(text);
        else if (IsJson(text)) writer.WriteRawValue(text, skipInputValidation: true);
        else throw new VerbException($"With '--json', a value must be JSON, but was '{WireNames.Shorten(text)}'.");
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonDocument.Parse(text).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Command Verb(string name, string description, Func<ParseResult, CancellationToken, Task<int>> action, params Symbol[] symbols)
    {
        var verb = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else verb.Add((Option)symbol);
        }
        verb.SetAction(action);
        return verb;
    }

    private static VerbException Empty() => new("empty queue", ExitCode.Empty);

    private static QueueName Name(ArgumentResult result)
    {
        if (QueueName.TryParse(result.Tokens.SingleOrDefault()?.Value, out var name, out var error)) return name;
        result.AddError(error);
        return null!;
    }

    private static Argument<string?> Word(string name, string description, params string[] words)
    {
        var argument = new Argument<string?>(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };
        argument.AcceptOnlyFromAmong(words);
        return argument;
    }
}
