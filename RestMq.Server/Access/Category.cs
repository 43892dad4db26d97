namespace RestMq.Server.Access;

/// <summary>
/// Lists what callers do, divided as in the original's ACL file: a role, and for streams also the transport.
/// </summary>
internal enum Category
{
    RestProducer,
    RestConsumer,
    CometConsumer,
    WebSocketConsumer,
    Admin,
}

internal static class Categories
{
    public static Category Of(RestMqAccess access) => access switch
    {
        { Role: RestMqRole.Stream, Context.WebSockets.IsWebSocketRequest: true } => Category.WebSocketConsumer,
        _ => Of(access.Role)[0],
    };

    /// <summary>Returns the categories of a role.</summary>
    public static Category[] Of(RestMqRole role) => role switch
    {
        RestMqRole.Produce => [Category.RestProducer],
        RestMqRole.Consume => [Category.RestConsumer],
        RestMqRole.Stream => [Category.CometConsumer, Category.WebSocketConsumer],
        _ => [Category.Admin],
    };

    /// <summary>
    /// Reads a role (<c>stream</c>) or a category (<c>CometConsumer</c>). Returns none when the text is neither.
    /// </summary>
    public static Category[] Parse(string text) =>
        !text.All(char.IsAsciiLetter) ? [] // Enum.TryParse would also accept numbers and lists.
        : Enum.TryParse<RestMqRole>(text, ignoreCase: true, out var role) ? Of(role)
        : Enum.TryParse<Category>(text, ignoreCase: true, out var category) ? [category]
        : [];
}
