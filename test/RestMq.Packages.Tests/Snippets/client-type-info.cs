IRestMqClient queues = null!;
var cancellationToken = CancellationToken.None;
// the snippet
public sealed record Order(int Id, string Customer);

// Stands in for the code that the source generator creates for a JsonSerializerContext.
internal static class AppJson
{
    internal static class Default
    {
        public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<Order> Order => throw new NotSupportedException();
    }
}
