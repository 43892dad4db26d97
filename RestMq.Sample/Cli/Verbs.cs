using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RestMq.Wire;

namespace RestMq.Sample.Cli;

/// <summary>What a verb does, with what it was given, and what it comes to.</summary>
internal delegate Task<int> VerbAction(ParseResult parsed, IQueues queues, Output output, CancellationToken cancellationToken);

/// <summary>The verbs of the original's engine: what each is called, what it is given, and what it does.</summary>
internal static class Verbs
{
    private static readonly Argument<QueueName> Queue = new("queue") { Description = "The queue; it need not exist.", CustomParser = Name };
    private static readonly Argument<QueueName?> AnyQueue = new("queue") { Description = "The queue; all of them without it.", CustomParser = Name, Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string[]> Values = new("value") { Description = "The messages, texts; without one, each line of the standard input is one." };
    private static readonly Argument<string?> Policy = Word("policy", "What to set it to; without it, tells it.", "broadcast", "roundrobin");
    private static readonly Option<bool> AsJson = new("--json") { Description = "The values are JSON." };
    private static readonly Option<double?> Delay = new("--delay") { Description = "Seconds until the messages are ready.", HelpName = "seconds" };
    private static readonly Option<double?> TimeToLive = new("--ttl") { Description = "Seconds after which they are dropped unseen.", HelpName = "seconds" };
    private static readonly Option<string?> Durability = new("--durability") { Description = "stored, or replicated: what adds wait for; the queue's setting without it." };
    private static readonly Option<int> Max = new("--max") { Description = "How many messages at most.", DefaultValueFactory = _ => 1, HelpName = "n" };
    private static readonly Option<double> Wait = new("--wait") { Description = "Seconds to wait for the first, up to 60.", HelpName = "seconds" };
    private static readonly Option<bool> Raw = new("--raw") { Description = "Write the messages' contents and nothing else." };
    private static readonly Option<long?> After = new("--after") { Description = "Begin after this id of the queue's history, to get what came since; 0 for all of it.", HelpName = "id" };
    private static readonly Option<string> Place = new("--state") { Description = "Which place to look in.", DefaultValueFactory = _ => "ready" };

    static Verbs()
    {
        Place.AcceptOnlyFromAmong("ready", "leased", "delayed", "dead");
        Durability.AcceptOnlyFromAmong("stored", "replicated");
    }

    /// <summary>All verbs, each run by what <paramref name="on"/> makes of its action.</summary>
    public static IEnumerable<Command> All(Func<VerbAction, Func<ParseResult, CancellationToken, Task<int>>> on) =>
    [
        Verb("produce", "Add messages; writes their keys.", on(ProduceAsync), Queue, Values, AsJson, Delay, TimeToLive, Durability),
        Verb("consume", "Take messages. What could not be written goes back to the queue.", on(ConsumeAsync), Queue, Max, Wait, Raw),
        Verb("look", "Look at the message at the head, and leave it there.", on(LookAsync), Queue, Raw),
        Verb("stats", "A queue, or all queues, in numbers.", on(StatsAsync), AnyQueue),
        Verb("policy", "How live consumers share a queue's messages: each gets all, or each gets some; and what adds wait for.", on(PolicyAsync), Queue, Policy, Durability),
        Verb("count", "How many messages are ready.", on(CountAsync), Queue),
        Verb("last", "The ten newest messages, newest first.", on(LastAsync), Queue, Place, Raw),
        Verb("reindex", "Lists every queue that Redis has, should the index of queues have been lost; writes how many there are.", on(ReindexAsync)),
        Verb("listen", "A live consumer: writes messages as they come, until it is interrupted or the queue is purged.", on(ListenAsync), Queue, After, Raw),
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
        var messages = queues.LastAsync(parsed.GetRequiredValue(Queue), Words.State(parsed.GetValue(Place)!), cancellationToken);
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
            // Which is how one stops listening.
        }
        return ExitCode.Done;
    }

    // Does a command and writes members of its reply, one a line; those that are not in it are left out.
    private static async Task<int> TellAsync(
        ParseResult parsed, IQueues queues, Output output, string command, string[] members, CancellationToken cancellationToken,
        Action<Utf8JsonWriter>? fields = null)
    {
        var told = Reply.Read(
            await AskAsync(parsed, queues, command, cancellationToken, fields),
            // The first is in every reply, the others where they were asked for.
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
        else throw new VerbException($"This is no JSON: {Limits.Shorten(text)}");
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
