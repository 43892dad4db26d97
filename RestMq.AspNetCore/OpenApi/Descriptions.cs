using System.Collections.Frozen;

namespace RestMq.OpenApi;

/// <summary>
/// What each route of <c>MapRestMq()</c> does, takes and answers; docs/http.md has it at length. A route that is not
/// here cannot be mapped.
/// </summary>
internal static class Descriptions
{
    private const string AMessage = """{"key":"test:1","value":"foobar","count":1}""";
    private const string ALeasedMessage = """{"key":"test:1","value":"foobar","count":1,"receipt":"test:1.1"}""";
    private const string AState = """{"key":"test:1","value":"foobar","count":0,"state":"ready","added":"2026-01-31T12:00:00+00:00"}""";
    private const string Numbers = """
        {"queue":"test","name":"test","len":3,"status":1,"policy":"broadcast","ready":3,"leased":0,"delayed":0,"dead":0,"added":3,"settled":0,"expired":0,
        "oldest_age":1.5,"consumers":0,"behind":0,"durability":"stored","redis":"memory"}
        """;
    private const string Settings = """{"queue":"test","value":"broadcast","max_receives":20,"max_length":null,"ttl":null,"history":1000,"durability":"stored"}""";
    private const string ACommand = """{"cmd":"add","queue":"genesis","value":"abacab"}""";
    private const string ACall = "<methodCall><methodName>get</methodName><params><param><value>test</value></param></params></methodCall>";
    private const string Json = "application/json";
    private const string Text = "text/plain";
    private const string Lines = "application/x-ndjson";

    private static readonly RestMqParameter Queue = Path("queue", "The queue's name: 1 to 200 bytes of UTF-8.");
    private static readonly RestMqParameter Queues = Path("queue", "The queue's name; or several, comma between: the first that has something answers.");
    private static readonly RestMqParameter Key = Path("key", "A message's key, such as test:1.");
    private static readonly RestMqParameter KeyOrReceipt = Path("key", "A message's key, such as test:1, or the receipt of a hand-out, such as test:1.1.");
    private static readonly RestMqParameter Receipt = Path("key", "The receipt of a hand-out, such as test:1.1.");
    private static readonly RestMqParameter Callback = Query("callback", "string", "JSONP: a JavaScript name that the reply is wrapped in.");
    private static readonly RestMqParameter[] Page =
    [
        Query("after", "string", "The page begins after this name, whether or not there is such a queue."),
        Query("max", "integer", "How many queues the page has at most, 1 to 1000; 1000 by default."), Callback,
    ];
    private static readonly RestMqParameter[] Trace =
    [
        Header("traceparent", "The trace it is sent in (W3C Trace Context), which travels with it."), Header("tracestate", "What goes with the traceparent."),
    ];
    private static readonly RestMqParameter Once = Header("Idempotency-Key", "The sender's id of this add: the same one within five minutes adds nothing more.");

    private static readonly RestMqParameter[] Add =
    [
        Field("value", "string", "The message."), Field("delay", "number", "Seconds until it can be taken."),
        Field("ttl", "number", "Seconds that it is worth keeping."), Field("id", "string", "As Idempotency-Key."),
        Field("durability", "string", "stored or replicated: what the add is to wait for; the queue's setting without it."),
    ];

    private static readonly RestMqParameter[] Live =
    [
        Query("heartbeat", "number", "Seconds between signs of life, 1 to 3600."),
        Query("last_event_id", "integer", "Continue after this message of the history; also the header Last-Event-ID."),
        Query("from", "string", "earliest: begin with the history; latest."),
        Query("lease", "number", "Seconds that a message is the consumer's own to settle."), Query("prefetch", "integer", "How many it holds unsettled, with lease."),
    ];

    private static readonly RestMqReply Added = new(200, "It was added: its key.", Text, "test:1");
    private static readonly RestMqReply Settled = new(204, "Done.");
    private static readonly RestMqReply WebSocket = new(101, "A WebSocket.");
    private static readonly RestMqReply Unknown = Problem(404, "There is no such message.");
    private static readonly RestMqReply Stale = Problem(409, "The message was given back or handed out again since: nothing was changed.");
    private static readonly RestMqReply TooLarge = Problem(413, "A message or a body over its limit.");
    private static readonly RestMqReply Full = Problem(429, "The queue has not room within max_length.");
    private static readonly RestMqReply NotReplicated =
        Problem(503, "Too few replicas confirmed a replicated add in time: the message may exist; send it again with its Idempotency-Key.");
    private static readonly RestMqReply Unsupported = Problem(400, "The store of this host cannot give that durability: nothing was changed.");
    private static readonly RestMqReply Crowded = Problem(429, "The queue has as many consumers as it may have.");
    private static readonly RestMqReply[] Refusals =
        [Problem(401, "The caller is not known, where the site wants to know it."), Problem(403, "The caller may not do that with this queue.")];

    private static readonly RestMqOperation Command = new("command", "Does a command of the JSON protocol.", "commands")
    {
        Parameters = [Callback, .. Trace],
        Form = [Field("body", "string", "The command."), Field("msg", "string", "As body.")],
        Bodies = new Dictionary<string, string> { [Json] = ACommand },
        Replies =
        [
            Ok("The reply, or {\"error\":…} for what could not be.", """{"queue":"genesis","value":"abacab","key":"genesis:1"}"""),
            CommandError(400, "It is no command."), CommandError(401, "The caller is not known, where the site wants to know it."),
            CommandError(403, "The caller may not do that with this queue."), CommandError(413, "A message over its limit."), CommandError(503, "The store is away, or too few replicas had a replicated add in time."),
        ],
    };

    private static readonly FrozenDictionary<string, RestMqOperation> All = new Dictionary<string, RestMqOperation>
    {
        ["GET /"] = Of(
            "takeByField", "messages", "Takes a message of the queue in the field; without one, shows curl lines for this host.",
            [Query("queue", "string", "The queue's name."), Callback], [Ok("The message.", AMessage)], Problem(404, "The queue is empty.")),
        ["POST /"] = Of("addByField", "messages", "Adds a message to the queue in the field.", [Callback, Once, .. Trace], [Added], Unsupported, TooLarge, Full, NotReplicated) with
        {
            Form = [Field("queue", "string", "The queue's name.", true), .. Add],
        },

        ["GET /q"] = Of("listQueues", "queues", "Names the queues, page by page.", Page, [Ok("Names in the order of their bytes; next, and a Link header, where another page follows.", """{"queues":["a","b"],"count":2,"next":"b"}""")]),
        ["GET /q/{queue}"] = Of(
            "takeMessage", "messages", "Takes the message at the head, or leases it.",
            [
                Queues, Query("wait", "number", "Seconds to wait for a message, 0 to 60; also the header Prefer."),
                Query("max", "integer", "How many at most: one a line."), Query("lease", "number", "Seconds that it stays leased, for its receipt to settle."),
                Query("format", "string", "raw: the message's own bytes; json."), Callback,
            ],
            [Ok("The message; with lease it has a receipt.", ALeasedMessage), new(200, "With max: one a line.", Lines, AMessage), new(204, "The queue is empty.")]),
        ["HEAD /q/{queue}"] = Of(
            "headQueue", "queues", "Tells the queue's length, oldest age and consumers in headers.",
            [Queue], [new(200, "RestMQ-Length, RestMQ-Oldest-Age, RestMQ-Consumers.")]),
        ["POST /q/{queue?}"] = Of(
            "addMessage", "messages", "Adds a message, or several as lines of JSON; any body that is no form is the message itself, its content type kept.",
            [Queue, Callback, Once, .. Trace, .. Add.Select(field => field with { In = "query" }).Skip(1)], [Added], Unsupported, TooLarge, Full, NotReplicated) with
        {
            Form = Add,
            Bodies = new Dictionary<string, string>
            {
                [Json] = """{"total":3}""", [Text] = "foobar", [Lines] = "{\"n\":1}\n{\"n\":2}\n", ["application/octet-stream"] = "",
            },
        },
        ["DELETE /q/{queue?}"] = Of(
            "purgeQueue", "queues", "Deletes every message of the queue and ends every live stream of it; or only the messages of one place.",
            [Queue, Query("state", "string", "Only those: ready, leased, delayed or dead."), Callback],
            [Ok("1 when there was something to delete; with state, how many.", """{"queue":"test","status":1}""")]),

        ["GET /q/{queue}/{key}"] = Of(
            "peekMessage", "messages", "Shows a message wherever it is, unchanged.", [Queue, Key, Callback], [Ok("The message and its place.", AState)], Unknown),
        ["DELETE /q/{queue}/{key}"] = Of(
            "deleteMessage", "messages", "Acks a hand-out by its receipt, or deletes a message by its key.", [Queue, KeyOrReceipt], [Settled], Unknown, Stale),
        ["POST /q/{queue}/{key}"] = Of(
            "settleMessage", "messages", "Extends a lease, gives the message back, or buries it.", [Queue, Receipt], [Settled], Unknown, Stale) with
        {
            Form =
            [
                Field("lease", "number", "Extend: seconds from now."), Field("release", "number", "Give back after so many seconds."),
                Field("bury", "string", "Why it goes among the dead."),
            ],
        },

        ["GET /queue"] = new("commandForm", "Shows a form to try the JSON protocol.", "commands") { Replies = [new(200, "The form.", "text/html")] },
        ["POST /queue"] = Command,
        ["POST /queue/{queue}"] = Command with
        {
            Name = "queueCommand", Parameters = [Queue with { Description = "The queue of a command that names none." }, .. Command.Parameters],
        },

        ["GET /c/{queue?}"] = Of(
            "stream", "streams", "A live consumer: lines of JSON, server-sent events by Accept, or a WebSocket by upgrade.", [Queue, Callback, .. Live],
            [
                WebSocket, new(200, "Messages as they come, one a line.", Text, """{"key":"test:1","value":"one","count":1,"id":7}"""),
                new(200, "The same as events.", "text/event-stream"),
            ],
            Crowded),
        ["GET /ws/{queue?}"] = Of(
            "webSocket", "streams", "A live consumer as a WebSocket, whose frames are commands of the JSON protocol.",
            [Queue, .. Live], [WebSocket], Problem(426, "It was no upgrade."), Crowded),

        ["POST /xmlrpc"] = new("xmlRpc", "XML-RPC: get, set, add, take, del, len.", "commands")
        {
            Bodies = new Dictionary<string, string> { ["text/xml"] = ACall },
            Replies = [new(200, "The value, or a fault.", "text/xml"), .. Refusals, TooLarge],
        },

        ["GET /p/{queue?}"] = Of("getSettings", "queues", "Tells the queue's policy and settings.", [Queue, Callback], [Ok("The settings.", Settings)]),
        ["POST /p/{queue?}"] = Of("setSettings", "queues", "Changes the queue's policy and settings.", [Queue, Callback], [Ok("The settings.", Settings)], Unsupported) with
        {
            Form =
            [
                Field("policy", "string", "broadcast or roundrobin."), Field("max_receives", "integer", "Hand-outs before a message is buried, 1 to 1000."),
                Field("max_length", "integer", "Messages it holds; 0 for any number."), Field("ttl", "number", "Seconds that messages are worth keeping; 0 for ever."),
                Field("history", "integer", "Messages that a broadcast remembers, 0 to 100000."),
                Field("durability", "string", "stored or replicated: what an add waits for that does not say it itself."),
            ],
        },

        ["GET /control"] = Of(
            "listStatus", "queues", "Tells of every queue, page by page, whether it is started.",
            Page, [Ok("1 started, 0 stopped.", """{"queues":{"test":{"queue":"test","status":1}},"count":1,"redis":"memory"}""")]),
        ["GET /control/{queue}"] = Of(
            "getStatus", "queues", "Tells whether the queue is started.",
            [Queue, Callback], [Ok("1 started, 0 stopped.", """{"queue":"test","status":{"queue":"test","status":1},"redis":"memory"}""")]),
        ["POST /control/{queue?}"] = Of(
            "setStatus", "queues", "Starts or stops live delivery, or returns the dead.",
            [Queue, Callback], [Ok("What it came to.", """{"stat":{"queue":"test","status":1}}""")], Unknown) with
        {
            Form = [Field("status", "string", "start, stop, or redrive.", true), Field("key", "string", "The one dead letter to return; all of them without it.")],
        },

        ["GET /stats"] = Of(
            "listStats", "queues", "Every queue in numbers, page by page.",
            Page, [Ok("The numbers.", $$"""{"queues":{"test":{{Numbers}}},"count":1,"redis":"memory"}""")]),
        ["GET /stats/{queue}"] = Of("getStats", "queues", "The queue in numbers.", [Queue, Callback], [Ok("The numbers.", Numbers)]),
        ["GET /j/{queue?}"] = Of(
            "lastMessages", "messages", "The newest messages of a place, and the queue in numbers; HTML for a browser.",
            [Queue, Query("state", "string", "ready, leased, delayed or dead."), Callback],
            [Ok("Newest first.", $$"""{"queue":"test","len":3,"messages":[{{AState}}]}""")]),
        ["POST /j/{queue}/{button}"] = Of(
            "pressButton", "queues", "The buttons of the queue's page: purges a place of the queue or all of it, or returns the dead.",
            [Queue, Path("button", "purge or redrive.")], [new(303, "It was done; back to the page.")], Problem(404, "There is no such button.")) with
        {
            Form = [Field("state", "string", "What to purge: ready, leased, delayed, dead, or all, which ends its streams.")],
        },
    }.ToFrozenDictionary();

    /// <exception cref="KeyNotFoundException">The route is not described here.</exception>
    public static RestMqOperation Of(string method, string pattern) => All[$"{method} {pattern}"];

    // A route of which also goes wrong what goes wrong everywhere.
    private static RestMqOperation Of(
        string name, string tag, string summary, RestMqParameter[] takes, RestMqReply[] answers, params RestMqReply[] problems)
    {
        RestMqReply[] all =
        [
            Problem(400, "A bad queue name, or a field that is missing, of the wrong form or out of range."), .. Refusals,
            .. problems, Problem(503, "The store is away; Retry-After says when to try again."),
        ];
        // A status has one description, and a reader of it may look it up by that.
        var byStatus = all.GroupBy(problem => problem.Status).OrderBy(same => same.Key)
            .Select(same => same.First() with { Description = string.Join(' ', same.Select(problem => problem.Description)) });
        return new(name, summary, tag) { Parameters = takes, Replies = [.. answers, .. byStatus] };
    }

    private static RestMqParameter Path(string name, string description) => new(name, "path", "string", description, IsRequired: true);

    private static RestMqParameter Header(string name, string description) => new(name, "header", "string", description);

    private static RestMqParameter Query(string name, string type, string description) => new(name, "query", type, description);

    private static RestMqParameter Field(string name, string type, string description, bool isRequired = false) =>
        new(name, "form", type, description, isRequired);

    private static RestMqReply Ok(string what, string example) => new(200, what, Json, example);

    private static RestMqReply Problem(int status, string when) => new(status, when, "application/problem+json");

    private static RestMqReply CommandError(int status, string when) => new(status, when, Json, """{"error":"…"}""");
}
