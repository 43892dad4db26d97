namespace RestMq;

/// <summary>
/// Names the problems that a RestMQ host reports, as the <c>type</c> of a problem detail (RFC 9457). The names are
/// stable. Each comment begins with the HTTP status.
/// </summary>
public static class ProblemTypes
{
    /// <summary>400: the name cannot be a queue name.</summary>
    public const string BadQueueName = "urn:restmq:bad-queue-name";

    /// <summary>400: a value is missing or invalid.</summary>
    public const string BadRequest = "urn:restmq:bad-request";

    /// <summary>400: the store cannot give the durability.</summary>
    public const string DurabilityUnsupported = "urn:restmq:durability-unsupported";

    /// <summary>401: the request needs credentials.</summary>
    public const string Unauthorized = "urn:restmq:unauthorized";

    /// <summary>403: the caller does not have the role.</summary>
    public const string Forbidden = "urn:restmq:forbidden";

    /// <summary>404: the message does not exist.</summary>
    public const string NotFound = "urn:restmq:not-found";

    /// <summary>408: the body arrives too slowly.</summary>
    public const string RequestTimeout = "urn:restmq:request-timeout";

    /// <summary>409: the receipt is not that of the current delivery.</summary>
    public const string StaleReceipt = "urn:restmq:stale-receipt";

    /// <summary>421: the request names a host that is not this one.</summary>
    public const string UnknownHost = "urn:restmq:unknown-host";

    /// <summary>413: the body is larger than the limit.</summary>
    public const string TooLarge = "urn:restmq:too-large";

    /// <summary>415: the body has a <c>Content-Encoding</c> that the host does not decode.</summary>
    public const string UnsupportedEncoding = "urn:restmq:unsupported-encoding";

    /// <summary>422: the idempotency key was used before, with another message.</summary>
    public const string IdempotencyKeyReused = "urn:restmq:idempotency-key-reused";

    /// <summary>426: the route is a WebSocket.</summary>
    public const string UpgradeRequired = "urn:restmq:upgrade-required";

    /// <summary>429: the queue holds as many messages as it may, or the host has no room.</summary>
    public const string Full = "urn:restmq:full";

    /// <summary>429: the caller exceeds a rate limit or a limit of consumers.</summary>
    public const string TooManyRequests = "urn:restmq:too-many-requests";

    /// <summary>503: the store is away.</summary>
    public const string Unavailable = "urn:restmq:unavailable";

    /// <summary>503: the store refuses the host, because the host lacks a right there.</summary>
    public const string StoreRefused = "urn:restmq:store-refused";

    /// <summary>503: too few replicas confirmed the add in time. The message may exist.</summary>
    public const string NotReplicated = "urn:restmq:not-replicated";

    /// <summary>503: the host is receiving as many bytes of request bodies as it may. Nothing was changed.</summary>
    public const string Overloaded = "urn:restmq:overloaded";
}
