namespace RestMq.TestUtilities;

/// <summary>Reads the text of <c>INFO</c> and <c>CLUSTER INFO</c>.</summary>
internal static class InfoFields
{
    public static string? Find(string info, string field) =>
        info.Split('\n').Select(line => line.TrimEnd('\r')).FirstOrDefault(line => line.StartsWith($"{field}:", StringComparison.Ordinal))?[(field.Length + 1)..];
}
