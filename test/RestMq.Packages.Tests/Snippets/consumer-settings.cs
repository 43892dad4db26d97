public sealed record Order(int Number);

public sealed class OrderHandler : IMessageHandler<Order>
{
    public Task HandleAsync(MessageContext<Order> context, CancellationToken cancellationToken) => Task.CompletedTask;
}

// What the source generator makes of a JsonSerializerContext, as far as the compiler asks.
internal static class OrderJson
{
    internal static class Default
    {
        public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<Order> Order => throw new NotSupportedException();
    }
}
