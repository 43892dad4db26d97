// What the source generator makes of a JsonSerializerContext, as far as the compiler asks.
internal static class AppJson
{
    public static System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver Default => throw new NotSupportedException();
}
