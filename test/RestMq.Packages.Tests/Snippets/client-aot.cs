// Stands in for the code that the source generator creates for a JsonSerializerContext.
internal static class AppJson
{
    public static System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver Default => throw new NotSupportedException();
}
