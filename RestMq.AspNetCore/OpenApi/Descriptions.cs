using System.Collections.Frozen;

namespace RestMq.OpenApi;

/// <summary>
/// Describes for each route of <c>MapRestMq()</c> what it does, takes and replies. docs/reference/http-api.md has the
/// details. A route that is not described here cannot be mapped.
/// </summary>
internal static class Descriptions
{
    private const string AMessage = """{"key":"test:1","value":"foobar","count":1}""";
    private const string ALeasedMessage = """{"key":"test:1","value":"foobar","count":1,"receipt":"test:1.1"}""";
    private const string AState = """{"key":"test:1","value":"foobar","count":0,"state":"ready","added":"2026-01-31T12:00:00+00:00"}""";
    private const string Numbers = """
        {"queue":"test","name":"test","len":3,"status":1,"policy":"broadcast","ready":3,"leased":0,"delayed":0,"dead":0,"added":3,"settled":0,"expired":0,
        "oldest_age":1.5,"consumers":0,"behind":0,"durability":"stored","max_receives":20,"max_length":null,"ttl":null,
        "history":1000,"history_bytes":67108864,"redis":"memory"}
        """;
    private const string Settings = """{"queue":"test","value":"broadcast","max_receives":20,"max_length":null,"ttl":null,"history":1000,"history_bytes":67108864,"durability":"stored","status":1}""";
    private const string ACommand = """{"cmd":"add","queue":"genesis","value":"abacab"}""";
    private const string ACall = "<methodCall><methodName>get</methodName><params><param><value>test</value></param></params></methodCall>";
    private const string Json = "application/json";
    private const string Text = "text/plain";
    private const string Lines = "application/x-ndjson";

    private static readonly RestMqParameter Queue = Path("queue", "The queue's name: 1 to 200 bytes of UTF-8.");
    private static readonly RestMqParameter Queues =
        Path(
            "queue",
            "The queue's name, or several names separated by commas. The first queue that has messages replies.");
    private static readonly RestMqParameter Key = Path("key", "A message's key, such as test:1.");
    private static readonly RestMqParameter KeyOrReceipt =
        Path("key", "A message's key, such as test:1, or the receipt of a delivery, such as test:1.1.");
    private static readonly RestMqParameter Receipt = Path("key", "The receipt of a delivery, such as test:1.1.");
    private static readonly RestMqParameter Callback =
        Query("callback", "string", "JSONP: a JavaScript function name. The reply is a call of this function.");
    private static readonly RestMqParameter[] Page =
    [
        Query("after", "string", "The page begins after this name, whether or not a queue has it."),
        Query("max", "integer", "The most queues that the page has: 1 to 1000, by default 1000."), Callback,
    ];
    private static readonly RestMqParameter[] Trace =
    [
        Header("traceparent", "The producer's trace (W3C Trace Context). The message carries it to the consumer."),
        Header("tracestate", "Vendor data of the trace. The message carries it too."),
    ];
    private static readonly RestMqParameter Once =
        Header("Idempotency-Key", "The producer's id of this add. The same id within five minutes adds nothing more.");

    private static readonly RestMqParameter[] Add =
    [
        Field("value", "string", "The message."), Field("delay", "number", "Seconds until the message is ready."),
        Field("ttl", "number", "Seconds after which the message expires."),
        Field("id", "string", "The same as the header Idempotency-Key."),
        Field("id_ttl", "number", "Seconds for which the id is remembered: 1 to 86400. By default 300."),
        Field("durability", "string", "stored or replicated: what the add waits for. By default the queue's setting."),
    ];

    private static readonly RestMqParameter Echo =
        Query("echo", "integer", "With a WebSocket: 1 adds each text that is no JSON object as a message.");

    private static readonly RestMqParameter[] Live =
    [
        Query("heartbeat", "number", "Seconds between heartbeats: 1 to 3600."),
        Query(
            "last_event_id", "integer",
            "Resume after this message of the history. The header Last-Event-ID does the same."),
        Query("from", "string", "earliest: begin with the history. latest, the default: begin with new messages."),
        Query("lease", "number", "Seconds of each message's lease, in which the consumer settles it."),
        Query("prefetch", "integer", "With lease: the most unsettled messages that the stream holds."),
    ];

    private static readonly RestMqReply Added = new(200, "The message was added. The body is its key.", Text, "test:1");
    private static readonly RestMqReply Settled = new(204, "The message was settled or deleted.");
    private static readonly RestMqReply WebSocket = new(101, "The connection is a WebSocket.");
    private static readonly RestMqReply Unknown = Problem(404, "The message does not exist.");
    private static readonly RestMqReply Stale =
        Problem(409, "The receipt is stale: the message was released or delivered again. Nothing was changed.");
    private static readonly RestMqReply TooLarge = Problem(413, "A message or a body exceeds its size limit.");
    private static readonly RestMqReply Reused = Problem(422, "The id was used before with another message. Nothing was added.");
    private static readonly RestMqReply Full = Problem(429, "The queue is full: it has no room within max_length.");
    private static readonly RestMqReply NotReplicated =
        Problem(
            503,
            "Too few replicas confirmed a replicated add in time. The message may exist. Send it again with its "
            + "Idempotency-Key.");
    private static readonly RestMqReply Unsupported =
        Problem(400, "The store of this host does not support that durability. Nothing was changed.");
    private static readonly RestMqReply Crowded =
        Problem(429, "The queue has the most live consumers that this host allows.");
    private static readonly RestMqReply[] Refusals =
        [Problem(401, "The site needs credentials."), Problem(403, "The caller may not do this with this queue.")];

    private static readonly RestMqOperation Command = new(
        "command", "Carries out a command of the JSON protocol.", "commands")
    {
        Parameters = [Callback, .. Trace],
        Form = [Field("body", "string", "The command."), Field("msg", "string", "The same as body.")],
        Bodies = new Dictionary<string, string> { [Json] = ACommand },
        Replies =
        [
            Ok(
                "The reply, or {\"error\":…} for a valid command that cannot be carried out.",
                """{"queue":"genesis","value":"abacab","key":"genesis:1"}"""),
            CommandError(400, "The body is not a valid command."), CommandError(401, "The site needs credentials."),
            CommandError(403, "The caller may not do this with this queue."),
            CommandError(408, "The body arrives too slowly."), CommandError(413, "A message exceeds its size limit."),
            CommandError(415, "The body has a Content-Encoding that the host does not decode."),
            CommandError(503, "The store is unavailable, or too few replicas confirmed a replicated add in time."),
        ],
    };

    private static readonly FrozenDictionary<string, RestMqOperation> All = new Dictionary<string, RestMqOperation>
    {
        ["GET /"] = Of(
            "takeByField", "messages",
            "Takes a message of the queue in the field. Without the field, shows curl lines for this host.",
            [Query("queue", "string", "The queue's name."), Callback], [Ok("The message.", AMessage)], Problem(404, "The queue is empty.")),
        ["POST /"] = Of("addByField", "messages", "Adds a message to the queue in the field.", [Callback, Once, .. Trace], [Added], Unsupported, TooLarge, Reused, Full, NotReplicated) with
        {
            Form = [Field("queue", "string", "The queue's name.", true), .. Add],
        },

        ["GET /q"] = Of(
            "listQueues", "queues", "Lists the queues, page by page.", Page,
            [Ok(
                "The names, in the order of their UTF-8 bytes. When another page follows: next, and a Link header.",
                """{"queues":["a","b"],"count":2,"next":"b"}""")]),
        ["GET /q/{queue}"] = Of(
            "takeMessage", "messages", "Takes or leases the message at the head.",
            [
                Queues,
                Query("wait", "number", "Seconds to wait for a message: 0 to 60. The header Prefer does the same."),
                Query("max", "integer", "The most messages, written one a line."),
                Query("lease", "number", "Seconds of the lease, in which the receipt settles the message."),
                Query("format", "string", "json, the default; or raw: the message's bytes with its content type."),
                Query("soft", "integer", "1 shows the message at the head without taking it."),
                Callback,
            ],
            [
                Ok("The message. With lease it has a receipt.", ALeasedMessage),
                new(200, "With max: the messages, one a line.", Lines, AMessage), new(204, "The queue is empty."),
            ]),
        ["HEAD /q/{queue}"] = Of(
            "headQueue", "queues", "Returns the queue's length, oldest age and live consumers in headers.",
            [Queue], [new(200, "The headers RestMQ-Length, RestMQ-Oldest-Age and RestMQ-Consumers.")]),
        ["POST /q/{queue?}"] = Of(
            "addMessage", "messages",
            "Adds a message, or several as lines of JSON. A body that is not a form is the message itself and keeps "
            + "its content type.",
            [Queue, Callback, Once, .. Trace, .. Add.Select(field => field with { In = "query" }).Skip(1)], [Added], Unsupported, TooLarge, Reused, Full, NotReplicated) with
        {
            Form = Add,
            Bodies = new Dictionary<string, string>
            {
                [Json] = """{"total":3}""", [Text] = "foobar", [Lines] = "{\"n\":1}\n{\"n\":2}\n", ["application/octet-stream"] = "",
            },
        },
        ["DELETE /q/{queue?}"] = Of(
            "purgeQueue", "queues",
            "Deletes every message of the queue and ends its streams, or deletes only the messages in one state.",
            [Queue, Query("state", "string", "Deletes only these messages: ready, leased, delayed or dead."), Callback],
            [Ok(
                "status is 1 when something was deleted, else 0. With state, count is the number of deleted messages.",
                """{"queue":"test","status":1}""")]),

        ["GET /q/{queue}/{key}"] = Of(
            "peekMessage", "messages", "Shows a message in any state, without changing it.",
            [Queue, Key, Callback], [Ok("The message and its state.", AState)], Unknown),
        ["DELETE /q/{queue}/{key}"] = Of(
            "deleteMessage", "messages", "Acks a delivery by its receipt, or deletes a message by its key.",
            [Queue, KeyOrReceipt], [Settled], Unknown, Stale),
        ["POST /q/{queue}/{key}"] = Of(
            "settleMessage", "messages", "Extends a lease, or releases or buries the message.",
            [Queue, Receipt], [Settled], Unknown, Stale) with
        {
            Form =
            [
                Field("lease", "number", "Extend: seconds of the lease, from now."),
                Field("release", "number", "Release: seconds until the message is ready again."),
                Field("bury", "string", "Bury: the reason, kept with the dead letter."),
            ],
        },

        ["GET /queue"] = new("commandForm", "Shows a form to try the JSON protocol.", "commands") { Replies = [new(200, "The form.", "text/html")] },
        ["POST /queue"] = Command,
        ["POST /queue/{queue}"] = Command with
        {
            Name = "queueCommand",
            Parameters =
            [
                Queue with { Description = "The queue of a command that has no queue field." }, .. Command.Parameters,
            ],
        },

        ["GET /c/{queue?}"] = Of(
            "stream", "streams",
            "Opens a stream: lines of JSON, server-sent events by Accept, or a WebSocket by upgrade.",
            [Queue, Callback, Echo, .. Live],
            [
                WebSocket,
                new(
                    200, "The messages as they come, one a line.", Text,
                    """{"key":"test:1","value":"one","count":1,"id":7}"""),
                new(200, "The messages as server-sent events.", "text/event-stream"),
            ],
            Crowded),
        ["GET /sse/{queue?}"] = Of(
            "events", "streams", "Opens a stream of server-sent events, whatever the request accepts.", [Queue, .. Live],
            [new(200, "The messages as server-sent events.", "text/event-stream")], Crowded),
        ["GET /ws/{queue?}"] = Of(
            "webSocket", "streams",
            "Opens a stream as a WebSocket. The client's frames are commands of the JSON protocol.",
            [Queue, Echo, .. Live], [WebSocket], Problem(426, "The request is not a WebSocket upgrade."), Crowded),

        ["POST /xmlrpc"] = new("xmlRpc", "Carries out an XML-RPC call: get, set, add, take, del or len.", "commands")
        {
            Bodies = new Dictionary<string, string> { ["text/xml"] = ACall },
            Replies = [new(200, "The value, or a fault.", "text/xml"), .. Refusals, TooLarge],
        },

        ["GET /p/{queue?}"] = Of(
            "getSettings", "queues", "Returns the queue's policy and settings.",
            [Queue, Callback], [Ok("The settings.", Settings)]),
        ["POST /p/{queue?}"] = Of("setSettings", "queues", "Changes the queue's policy and settings.", [Queue, Callback], [Ok("The settings.", Settings)], Unsupported) with
        {
            Form =
            [
                Field("policy", "string", "broadcast or roundrobin."),
                Field("max_receives", "integer", "Deliveries before a message is buried: 1 to 1000."),
                Field("max_length", "integer", "The most messages that the queue holds; 0 for no limit."),
                Field("ttl", "number", "Seconds after which messages expire; 0 for never."),
                Field("history", "integer", "Messages in the history of a broadcast queue: 0 to 100000."),
                Field("history_bytes", "integer", "Bytes of the messages in the history: 0 to 1099511627776."),
                Field(
                    "durability", "string",
                    "stored or replicated: what an add waits for that has no durability of its own."),
                Field("status", "string", "start or stop: whether live delivery is on."),
            ],
        },

        ["GET /control"] = Of(
            "listStatus", "queues", "Lists for every queue, page by page, whether it is started.",
            Page, [Ok("1 started, 0 stopped.", """{"queues":{"test":{"queue":"test","status":1}},"count":1,"redis":"memory"}""")]),
        ["GET /control/{queue}"] = Of(
            "getStatus", "queues", "Returns whether the queue is started.",
            [Queue, Callback], [Ok("1 started, 0 stopped.", """{"queue":"test","status":{"queue":"test","status":1},"redis":"memory"}""")]),
        ["POST /control/{queue?}"] = Of(
            "setStatus", "queues", "Starts or stops live delivery, or redrives dead letters.",
            [Queue, Callback],
            [Ok(
                "The new status, or the number of dead letters that were redriven.",
                """{"stat":{"queue":"test","status":1}}""")],
            Unknown) with
        {
            Form =
            [
                Field("status", "string", "start, stop, or redrive.", true),
                Field("key", "string", "The dead letter to redrive. By default all of them."),
            ],
        },

        ["GET /stats"] = Of(
            "listStats", "queues", "Returns the numbers of every queue, page by page.",
            Page, [Ok("The numbers.", $$"""{"queues":{"test":{{Numbers}}},"count":1,"redis":"memory"}""")]),
        ["GET /stats/{queue}"] = Of(
            "getStats", "queues", "Returns the queue's numbers.", [Queue, Callback], [Ok("The numbers.", Numbers)]),
        ["GET /j/{queue?}"] = Of(
            "lastMessages", "messages",
            "Returns the newest messages in one state, and the queue's numbers; HTML for a browser.",
            [Queue, Query("state", "string", "ready, leased, delayed or dead."), Callback],
            [Ok("The messages, newest first.", $$"""{"queue":"test","len":3,"messages":[{{AState}}]}""")]),
        ["POST /j/{queue}/{button}"] = Of(
            "pressButton", "queues",
            "Handles the buttons of the queue's page: purges the queue or one state of it, or redrives its dead "
            + "letters.",
            [Queue, Path("button", "purge or redrive.")], [new(303, "Done. The location is the queue's page.")],
            Problem(404, "The page has no such button.")) with
        {
            Form =
            [
                Field(
                    "state", "string",
                    "The messages to purge: ready, leased, delayed, dead, or all. all also ends the queue's streams."),
            ],
        },
    }.ToFrozenDictionary();

    /// <summary>Returns the description of a route.</summary>
    /// <exception cref="KeyNotFoundException">The route is not described here.</exception>
    public static RestMqOperation Of(string method, string pattern) => All[$"{method} {pattern}"];

    // Adds to a route the problems that every route has.
    private static RestMqOperation Of(
        string name, string tag, string summary, RestMqParameter[] takes, RestMqReply[] answers, params RestMqReply[] problems)
    {
        RestMqReply[] all =
        [
            Problem(400, "The queue name is not valid, or a field is missing, malformed or out of range."), .. Refusals,
            .. problems, Problem(503, "The store is unavailable. Retry-After says when to try again."),
        ];
        // OpenAPI allows one description a status, so descriptions of the same status are joined.
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
