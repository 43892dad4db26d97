namespace RestMq.Client;

/// <summary>How a message is added.</summary>
public sealed record AddMessageOptions
{
    /// <summary>
    /// How long it stays out of sight first, up to 365 days. <value>Zero: it is ready at once.</value>
    /// </summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// How long it is worth keeping, from a second to 3650 days; after that it is dropped unseen. <value>Null: as the
    /// queue's settings say.</value>
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// The sender's own id for this add, 1 to 200 characters: another add with the same one within five minutes adds
    /// nothing and returns the first key. <value>Null: one is made, so that a request that is sent again adds once; see
    /// <see cref="RestMqClientOptions.IdempotentAdds"/>.</value>
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// How safe it must be before the add returns. Not every store has replicas: then the host refuses it
    /// (<c>urn:restmq:durability-unsupported</c>), and nothing is added. <value>Null: as the queue's settings
    /// say.</value>
    /// </summary>
    public MessageDurability? Durability { get; init; }

    /// <summary>
    /// What the message is, such as <c>image/png</c>. <value>Null: <c>application/json</c> for what is serialized, and
    /// nothing for texts and bytes.</value>
    /// </summary>
    public string? ContentType { get; init; }
}
