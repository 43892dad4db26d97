namespace RestMq.Sample.Access;

/// <summary>The section <c>Access</c> of the settings: who may do what, from where. docs/security.md explains it.</summary>
internal sealed class AccessSettings
{
    /// <summary>API keys.</summary>
    public List<CallerSettings> Keys { get; set; } = [];

    /// <summary>Users with a password, for HTTP Basic.</summary>
    public List<CallerSettings> Users { get; set; } = [];

    /// <summary>The roles that need neither: <c>produce</c>, <c>consume</c>, <c>stream</c>, <c>admin</c>; or a category, as <see cref="Networks"/> has them.</summary>
    public List<string> Anonymous { get; set; } = [];

    /// <summary>Networks by category: <c>RestProducer</c>, <c>RestConsumer</c>, <c>CometConsumer</c>, <c>WebSocketConsumer</c>, <c>Admin</c>.</summary>
    public Dictionary<string, NetworkSettings> Networks { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>An ACL file of the original RestMQ, whose users and networks are added; a path beside the program, or from the root. None by default.</summary>
    public string? AclFile { get; set; }
}

/// <summary>One caller: the owner of a key, or a user.</summary>
internal sealed class CallerSettings
{
    /// <summary>What the caller is called; for HTTP Basic, the user's name. No two have the same.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key or password itself. Give this or <see cref="Sha256"/>.</summary>
    public string? Secret { get; set; }

    /// <summary>Its SHA-256 in hexadecimal: <c>printf %s "$key" | sha256sum</c>.</summary>
    public string? Sha256 { get; set; }

    /// <summary>What the caller may do: <c>produce</c>, <c>consume</c>, <c>stream</c>, <c>admin</c>; or a category, such as <c>CometConsumer</c>.</summary>
    public List<string> Roles { get; set; } = [];

    /// <summary>With which queues: patterns with <c>*</c> and <c>?</c>. All when there is none.</summary>
    public List<string> Queues { get; set; } = [];
}

/// <summary>Networks that are let in, and such that are not: <c>all</c>, <c>10.0.0.0/8</c>, <c>10.1.2.3</c>, or a beginning such as <c>10.1.</c></summary>
internal sealed class NetworkSettings
{
    /// <summary>Who is let in; when there are some, nobody else is.</summary>
    public List<string> Allow { get; set; } = [];

    /// <summary>Who is not.</summary>
    public List<string> Deny { get; set; } = [];
}
