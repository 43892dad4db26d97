using System.IO.Enumeration;

namespace RestMq.Server.Access;

/// <summary>
/// Holds a known caller: the SHA-256 of its key or password, its categories, and the queues it may use.
/// </summary>
internal sealed record Caller(string Name, byte[] Hash, IReadOnlyList<Category> Categories, IReadOnlyList<string> Queues)
{
    /// <summary>
    /// The type of the claim that names the caller's secret. When the secret is replaced, the claim no longer matches,
    /// also on an open WebSocket.
    /// </summary>
    public const string SecretClaim = "restmq:secret";

    /// <summary>Gets the value of <see cref="SecretClaim"/>.</summary>
    public string Secret { get; } = Convert.ToHexString(Hash);

    /// <summary>
    /// Returns whether this caller may use a category with a queue. Null stands for any queue. For
    /// <see cref="Category.Admin"/> it stands for all queues, so the caller needs the pattern <c>*</c>.
    /// </summary>
    public bool May(Category category, QueueName? queue) => Categories.Contains(category) && (queue is null
        ? category != Category.Admin || Queues.Contains("*")
        : Queues.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, queue.Value, ignoreCase: false)));
}
