namespace RestMq.Sample.Access;

/// <summary>What callers do, as the original's ACL file divides it: a role, and for streams also the transport.</summary>
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

    /// <summary>Those that a role covers.</summary>
    public static Category[] Of(RestMqRole role) => role switch
    {
        RestMqRole.Produce => [Category.RestProducer],
        RestMqRole.Consume => [Category.RestConsumer],
        RestMqRole.Stream => [Category.CometConsumer, Category.WebSocketConsumer],
        _ => [Category.Admin],
    };

    /// <summary>Reads a role (<c>stream</c>) or a category (<c>CometConsumer</c>); empty when it is neither.</summary>
    public static Category[] Parse(string text) =>
        !text.All(char.IsAsciiLetter) ? [] // Neither a number nor several, which the framework would read.
        : Enum.TryParse<RestMqRole>(text, ignoreCase: true, out var role) ? Of(role)
        : Enum.TryParse<Category>(text, ignoreCase: true, out var category) ? [category]
        : [];
}
