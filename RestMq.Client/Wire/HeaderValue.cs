namespace RestMq.Client.Wire;

/// <summary>
/// Checks texts of the application before they become header values. <see cref="HttpClient"/> sends line breaks as they
/// are, so that an unchecked text could add headers or a second request (header injection).
/// </summary>
internal static class HeaderValue
{
    /// <summary>Returns the text, which has no control characters.</summary>
    /// <exception cref="ArgumentException">The text has a control character.</exception>
    public static string Checked(string text, string name)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
                throw new ArgumentException($"'{name}' must have no control characters, but has U+{(int)character:X4}.", name);
        }
        return text;
    }

    /// <summary>
    /// Returns whether a header can carry the text unchanged. HTTP allows ASCII only, and receivers trim spaces.
    /// </summary>
    public static bool CanBe(string text) => text.Length > 0 && text[0] != ' ' && text[^1] != ' ' && text.All(char.IsAscii);
}
