using System.IO.Enumeration;

namespace RestMq.Sample.Access;

/// <summary>Somebody known: the SHA-256 of the key or password, and what may be done with which queues.</summary>
internal sealed record Caller(string Name, byte[] Hash, IReadOnlyList<RestMqRole> Roles, IReadOnlyList<string> Queues)
{
    /// <summary>Whether this caller may; no queue is any queue, but for the administrator's list of all of them.</summary>
    public bool May(RestMqRole role, QueueName? queue) => Roles.Contains(role) && (queue is null
        ? role != RestMqRole.Admin || Queues.Contains("*")
        : Queues.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, queue.Value, ignoreCase: false)));
}
