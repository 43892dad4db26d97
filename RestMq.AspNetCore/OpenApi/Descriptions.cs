using System.Collections.Frozen;

namespace RestMq.OpenApi;

/// <summary>What each route of <c>MapRestMq()</c> does, takes and answers; docs/http.md has it at length. A route that is not here cannot be mapped.</summary>
internal static class Descriptions
{
    private const string AMessage = """{"key":"test:1","value":"foobar","count":1}""";
    private const string ALeasedMessage = """{"key":"test:1","value":"foobar","count":1,"receipt":"test:1.1"}""";
    private const string AState = """{"key":"test:1","value":"foobar","count":0,"state":"ready","added":"2026-01-31T12:00:00+00:00"}""";
    private const string Numbers = """
        {"queue":"test","name":"test","len":3,"status":1,"policy":"broadcast","ready":3,"leased":0,"delayed":0,"dead":0,"added":3,"settled":0,"expired":0,
        "oldest_age":1.5,"consumers":0,"behind":0,"redis":"memory"}
        """;
    private const string Settings = """{"queue":"test","value":"broadcast","max_receives":20,"max_length":null,"ttl":null,"history":1000}""";
    private const string Json = "application/json";
    private const string Text = "text/plain";
    private const string Html = "text/html";

    private static readonly RestMqParameter Queue = Path("queue", "The queue's name: 1 to 200 bytes of UTF-8.");
    private static readonly RestMqParameter Queues = Path("queue", "The queue's name; or several, comma between: the first that has something answers.");
    private static readonly RestMqParameter Key = Path("key", "A message's key, such as test:1.");
    private static readonly RestMqParameter KeyOrReceipt = Path("key", "A message's key, such as test:1, or the receipt of a hand-out, such as test:1.1.");
    private static readonly RestMqParameter Receipt = Path("key", "The receipt of a hand-out, such as test:1.1.");
    private static readonly RestMqParameter Callback = Query("callback", "string", "JSONP: a JavaScript name that the reply is wrapped in.");
    private static readonly RestMqParameter[] Trace =
    [
        Header("traceparent", "The trace it is sent in (W3C Trace Context), which travels with it."), Header("tracestate", "What goes with the traceparent."),
    ];
    private static readonly RestMqParameter Once = Header("Idempotency-Key", "The sender's id of this add: the same one within five minutes adds nothing more.");

    private static readonly RestMqParameter[] Add =
    [
        Field("value", "string", "The message."), Field("delay", "number", "Seconds until it can be taken."),
        Field("ttl", "number", "Seconds that it is worth keeping."), Field("id", "string", "As Idempotency-Key."),
    ];

    private static readonly RestMqParameter[] Live =
    [
        Queue, Callback, Query("heartbeat", "number", "Seconds between signs of life, 1 to 3600."),
        Query("last_event_id", "integer", "Continue after this message of the history; also the header Last-Event-ID."),
        Query("from", "string", "earliest: begin with the history; latest."),
        Query("lease", "number", "Seconds that a message is the consumer's own to settle."), Query("prefetch", "integer", "How many it holds unsettled, with lease."),
    ];

    private static readonly RestMqReply Key200 = new(200, "It was added: its key.", Text, "test:1");
    private static readonly RestMqReply Full = Problem(429, "The queue has not room within max_length.");
    private static readonly RestMqReply TooLarge = Problem(413, "A message or a body over its limit.");
    private static readonly RestMqReply Unknown = Problem(404, "There is no such message.");
    private static readonly RestMqReply Stale = Problem(409, "The message was given back or handed out again since: nothing was changed.");
    private static readonly RestMqReply Settled = new(204, "Done.");

    private static readonly FrozenDictionary<string, RestMqOperation> All = new Dictionary<string, RestMqOperation>
    {
        ["GET /"] = new("takeByField", "Takes a message of the queue in the field; without one, shows curl lines for this host.", "messages")
        {
            Parameters = [Query("queue", "string", "The queue's name."), Callback],
            Replies = [new(200, "The message.", Json, AMessage), .. Problems(Problem(404, "The queue is empty."))],
        },
        ["POST /"] = new("addByField", "Adds a message to the queue in the field.", "messages")
        {
            Parameters = [Callback, Once, .. Trace],
            Form = [Field("queue", "string", "The queue's name.", true), .. Add],
            Replies = [Key200, .. Problems(TooLarge, Full)],
        },

        ["GET /q"] = new("listQueues", "Names all queues.", "queues")
        {
            Parameters = [Callback],
            Replies = [new(200, "Their names, in order.", Json, """{"queues":["a","b"],"count":2}"""), .. Problems()],
        },
        ["GET /q/{queue}"] = new("takeMessage", "Takes the message at the head, or leases it.", "messages")
        {
            Parameters =
            [
                Queues, Query("wait", "number", "Seconds to wait for a message, 0 to 60; also the header Prefer."),
                Query("max", "integer", "How many at most: one a line."), Query("lease", "number", "Seconds that it stays leased, for its receipt to settle."),
                Query("format", "string", "raw: the message's own bytes; json."), Callback,
            ],
            Replies =
            [
                new(200, "The message; with lease it has a receipt.", Json, ALeasedMessage),
                new(200, "With max: one a line.", "application/x-ndjson", AMessage), new(204, "The queue is empty."), .. Problems(),
            ],
        },
        ["HEAD /q/{queue}"] = new("headQueue", "Tells the queue's length, oldest age and consumers in headers.", "queues")
        {
            Parameters = [Queue],
            Replies = [new(200, "RestMQ-Length, RestMQ-Oldest-Age, RestMQ-Consumers."), .. Problems()],
        },
        ["POST /q/{queue?}"] = new(
            "addMessage", "Adds a message, or several as lines of JSON; any body that is no form is the message itself, its content type kept.", "messages")
        {
            Parameters = [Queue, Callback, Once, .. Trace, .. Add.Select(field => field with { In = "query" }).Skip(1)],
            Form = Add,
            Bodies = new Dictionary<string, string>
            {
                [Json] = """{"total":3}""", [Text] = "foobar", ["application/x-ndjson"] = "{\"n\":1}\n{\"n\":2}\n", ["application/octet-stream"] = "",
            },
            Replies = [Key200, .. Problems(TooLarge, Full)],
        },
        ["DELETE /q/{queue?}"] = new(
            "purgeQueue", "Deletes every message of the queue and ends every live stream of it; or only the messages of one place.", "queues")
        {
            Parameters = [Queue, Query("state", "string", "Only those: ready, leased, delayed or dead."), Callback],
            Replies = [new(200, "1 when there was something to delete; with state, how many.", Json, """{"queue":"test","status":1}"""), .. Problems()],
        },

        ["GET /q/{queue}/{key}"] = new("peekMessage", "Shows a message wherever it is, unchanged.", "messages")
        {
            Parameters = [Queue, Key, Callback],
            Replies = [new(200, "The message and its place.", Json, AState), .. Problems(Unknown)],
        },
        ["DELETE /q/{queue}/{key}"] = new("deleteMessage", "Acks a hand-out by its receipt, or deletes a message by its key.", "messages")
        {
            Parameters = [Queue, KeyOrReceipt],
            Replies = [Settled, .. Problems(Unknown, Stale)],
        },
        ["POST /q/{queue}/{key}"] = new("settleMessage", "Extends a lease, gives the message back, or buries it.", "messages")
        {
            Parameters = [Queue, Receipt],
            Form =
            [
                Field("lease", "number", "Extend: seconds from now."), Field("release", "number", "Give back after so many seconds."),
                Field("bury", "string", "Why it goes among the dead."),
            ],
            Replies = [Settled, .. Problems(Unknown, Stale)],
        },

        ["GET /queue"] = new("commandForm", "Shows a form to try the JSON protocol.", "commands") { Replies = [new(200, "The form.", Html)] },
        ["POST /queue/{queue?}"] = new("command", "Does a command of the JSON protocol.", "commands")
        {
            Parameters = [Queue with { Description = "The queue of a command that names none." }, Callback, .. Trace],
            Form = [Field("body", "string", "The command."), Field("msg", "string", "As body.")],
            Bodies = new Dictionary<string, string> { [Json] = """{"cmd":"add","queue":"genesis","value":"abacab"}""" },
            Replies =
            [
                new(200, "The reply, or {\"error\":…} for what could not be.", Json, """{"queue":"genesis","value":"abacab","key":"genesis:1"}"""),
                CommandError(400, "It is no command."), CommandError(401, "The caller is not known, where the site wants to know it."),
                CommandError(403, "The caller may not do that with this queue."), CommandError(413, "A message over its limit."), CommandError(503, "The store is away."),
            ],
        },

        ["GET /c/{queue?}"] = new("stream", "A live consumer: lines of JSON, server-sent events by Accept, or a WebSocket by upgrade.", "streams")
        {
            Parameters = Live,
            Replies =
            [
                new(101, "A WebSocket."), new(200, "Messages as they come, one a line.", Text, """{"key":"test:1","value":"one","count":1,"id":7}"""),
                new(200, "The same as events.", "text/event-stream"), .. Problems(Problem(429, "The queue has as many consumers as it may have.")),
            ],
        },
        ["GET /ws/{queue?}"] = new("webSocket", "A live consumer as a WebSocket, whose frames are commands of the JSON protocol.", "streams")
        {
            Parameters = [.. Live.Where(parameter => parameter != Callback)],
            Replies = [new(101, "A WebSocket."), .. Problems(Problem(426, "It was no upgrade."), Problem(429, "The queue has as many consumers as it may have."))],
        },

        ["POST /xmlrpc"] = new("xmlRpc", "XML-RPC: get, set, add, take, del, len.", "commands")
        {
            Bodies = new Dictionary<string, string>
            {
                ["text/xml"] = "<methodCall><methodName>get</methodName><params><param><value>test</value></param></params></methodCall>",
            },
            Replies = [new(200, "The value, or a fault.", "text/xml"), .. Refusals, TooLarge],
        },

        ["GET /p/{queue?}"] = new("getSettings", "Tells the queue's policy and settings.", "queues")
        {
            Parameters = [Queue, Callback],
            Replies = [new(200, "The settings.", Json, Settings), .. Problems()],
        },
        ["POST /p/{queue?}"] = new("setSettings", "Changes the queue's policy and settings.", "queues")
        {
            Parameters = [Queue, Callback],
            Form =
            [
                Field("policy", "string", "broadcast or roundrobin."), Field("max_receives", "integer", "Hand-outs before a message is buried, 1 to 1000."),
                Field("max_length", "integer", "Messages it holds; 0 for any number."), Field("ttl", "number", "Seconds that messages are worth keeping; 0 for ever."),
                Field("history", "integer", "Messages that a broadcast remembers, 0 to 100000."),
            ],
            Replies = [new(200, "The settings.", Json, Settings), .. Problems()],
        },

        ["GET /control"] = new("listStatus", "Tells of every queue whether it is started.", "queues")
        {
            Parameters = [Callback],
            Replies = [new(200, "1 started, 0 stopped.", Json, """{"queues":{"test":{"queue":"test","status":1}},"count":1,"redis":"memory"}"""), .. Problems()],
        },
        ["GET /control/{queue}"] = new("getStatus", "Tells whether the queue is started.", "queues")
        {
            Parameters = [Queue, Callback],
            Replies = [new(200, "1 started, 0 stopped.", Json, """{"queue":"test","status":{"queue":"test","status":1},"redis":"memory"}"""), .. Problems()],
        },
        ["POST /control/{queue?}"] = new("setStatus", "Starts or stops live delivery, or returns the dead.", "queues")
        {
            Parameters = [Queue, Callback],
            Form = [Field("status", "string", "start, stop, or redrive.", true), Field("key", "string", "The one dead letter to return; all of them without it.")],
            Replies = [new(200, "What it came to.", Json, """{"stat":{"queue":"test","status":1}}"""), .. Problems(Unknown)],
        },

        ["GET /stats"] = new("listStats", "Every queue in numbers.", "queues")
        {
            Parameters = [Callback],
            Replies = [new(200, "The numbers.", Json, $$"""{"queues":{"test":{{Numbers}}},"count":1,"redis":"memory"}"""), .. Problems()],
        },
        ["GET /stats/{queue}"] = new("getStats", "The queue in numbers.", "queues")
        {
            Parameters = [Queue, Callback],
            Replies = [new(200, "The numbers.", Json, Numbers), .. Problems()],
        },
        ["GET /j/{queue?}"] = new("lastMessages", "The newest messages of a place, and the queue in numbers; HTML for a browser.", "messages")
        {
            Parameters = [Queue, Query("state", "string", "ready, leased, delayed or dead."), Callback],
            Replies = [new(200, "Newest first.", Json, $$"""{"queue":"test","len":3,"messages":[{{AState}}]}"""), .. Problems()],
        },
    }.ToFrozenDictionary();

    /// <exception cref="KeyNotFoundException">The route is not described here.</exception>
    public static RestMqOperation Of(string method, string pattern) => All[$"{method} {pattern}"];

    private static RestMqParameter Path(string name, string description) => new(name, "path", "string", description, IsRequired: true);

    private static RestMqParameter Header(string name, string description) => new(name, "header", "string", description);

    private static RestMqParameter Query(string name, string type, string description) => new(name, "query", type, description);

    private static RestMqParameter Field(string name, string type, string description, bool isRequired = false) =>
        new(name, "form", type, description, isRequired);

    private static RestMqReply Problem(int status, string when) => new(status, when, "application/problem+json");

    private static RestMqReply CommandError(int status, string when) => new(status, when, Json, """{"error":"…"}""");

    private static RestMqReply[] Refusals =>
        [Problem(401, "The caller is not known, where the site wants to know it."), Problem(403, "The caller may not do that with this queue.")];

    // What can go wrong everywhere, and what does so here.
    private static IEnumerable<RestMqReply> Problems(params RestMqReply[] own) =>
    [
        Problem(400, "A bad queue name, or a field that is missing, of the wrong form or out of range."),
        .. Refusals, .. own,
        Problem(503, "The store is away; Retry-After says when to try again."),
    ];
}
