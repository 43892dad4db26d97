public sealed record Order(int Number);

public sealed class OrderHandler : IMessageHandler<Order>
{
    public Task HandleAsync(MessageContext<Order> context, CancellationToken cancellationToken) => Task.CompletedTask;
}

// Stands in for the code that the source generator creates for a JsonSerializerContext.
internal static class OrderJson
{
    internal static class Default
    {
        public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<Order> Order => throw new NotSupportedException();
    }
}
