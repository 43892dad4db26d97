IRestMqClient queues = null!;
var cancellationToken = CancellationToken.None;
// the snippet
public sealed record Order(int Id, string Customer);

// What the source generator makes of a JsonSerializerContext, as far as the compiler asks.
internal static class AppJson
{
    internal static class Default
    {
        public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<Order> Order => throw new NotSupportedException();
    }
}
