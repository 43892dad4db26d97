using System.IO.Enumeration;

namespace RestMq.Sample.Access;

/// <summary>Somebody known: the SHA-256 of the key or password, and what may be done with which queues.</summary>
internal sealed record Caller(string Name, byte[] Hash, IReadOnlyList<Category> Categories, IReadOnlyList<string> Queues)
{
    /// <summary>The claim that tells by which secret somebody is known: one that was replaced holds no longer, also on a WebSocket that is open.</summary>
    public const string SecretClaim = "restmq:secret";

    /// <summary>The value of <see cref="SecretClaim"/>.</summary>
    public string Secret { get; } = Convert.ToHexString(Hash);

    /// <summary>Whether this caller may; no queue is any queue, but for the administrator's list of all of them.</summary>
    public bool May(Category category, QueueName? queue) => Categories.Contains(category) && (queue is null
        ? category != Category.Admin || Queues.Contains("*")
        : Queues.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, queue.Value, ignoreCase: false)));
}
