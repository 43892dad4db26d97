namespace RestMq.Server.Access;

/// <summary>
/// Holds the section <c>Access</c> of the settings: callers, their roles, and networks. docs/how-to/secure-a-host.md
/// explains it.
/// </summary>
internal sealed class AccessSettings
{
    /// <summary>Gets or sets the API keys.</summary>
    public List<CallerSettings> Keys { get; set; } = [];

    /// <summary>Gets or sets the users with a password, for HTTP Basic.</summary>
    public List<CallerSettings> Users { get; set; } = [];

    /// <summary>
    /// Gets or sets the roles that need no key and no user: <c>produce</c>, <c>consume</c>, <c>stream</c>,
    /// <c>admin</c>, or a category of <see cref="Networks"/>.
    /// </summary>
    public List<string> Anonymous { get; set; } = [];

    /// <summary>
    /// Gets or sets the networks by category: <c>RestProducer</c>, <c>RestConsumer</c>, <c>CometConsumer</c>,
    /// <c>WebSocketConsumer</c>, <c>Admin</c>.
    /// </summary>
    public Dictionary<string, NetworkSettings> Networks { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets or sets the path of an ACL file of the original RestMQ, whose users and networks are added. A relative path
    /// is relative to the program's directory.
    /// </summary>
    /// <value>None.</value>
    public string? AclFile { get; set; }
}

/// <summary>Holds one caller: the owner of a key, or a user.</summary>
internal sealed class CallerSettings
{
    /// <summary>Gets or sets the caller's unique name; for HTTP Basic, the user name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Gets or sets the key or password. Set either this or <see cref="Sha256"/>.</summary>
    public string? Secret { get; set; }

    /// <summary>
    /// Gets or sets the SHA-256 of the key or password, in hexadecimal: <c>printf %s "$key" | sha256sum</c>.
    /// </summary>
    public string? Sha256 { get; set; }

    /// <summary>
    /// Gets or sets the caller's roles: <c>produce</c>, <c>consume</c>, <c>stream</c>, <c>admin</c>, or a category,
    /// such as <c>CometConsumer</c>.
    /// </summary>
    public List<string> Roles { get; set; } = [];

    /// <summary>
    /// Gets or sets the queues that the caller may use: patterns with <c>*</c> and <c>?</c>. None means all.
    /// </summary>
    public List<string> Queues { get; set; } = [];
}

/// <summary>
/// Holds allowed and denied networks: <c>all</c>, <c>10.0.0.0/8</c>, <c>10.1.2.3</c>, or a prefix such as <c>10.1.</c>
/// </summary>
internal sealed class NetworkSettings
{
    /// <summary>Gets or sets the allowed networks. When the list is not empty, no other network is allowed.</summary>
    public List<string> Allow { get; set; } = [];

    /// <summary>Gets or sets the denied networks.</summary>
    public List<string> Deny { get; set; } = [];
}
