using System.Globalization;

namespace RestMq.Settings;

/// <summary>
/// Reads the options of a type from named texts, without reflection. It replaces the configuration binder, which reads
/// a bare number as days, skips unknown settings, reports one mistake at a time, and is not safe for native AOT.
/// </summary>
internal sealed class SettingsTable<TOptions>
{
    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets the names of the settings.</summary>
    public IEnumerable<string> Names => _settings.Keys;

    public SettingsTable<TOptions> Number(string name, Action<TOptions, int> set) => Add(name, "a whole number", (options, text) =>
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        set(options, value);
        return true;
    });

    public SettingsTable<TOptions> LongNumber(string name, Action<TOptions, long> set) => Add(name, "a whole number", (options, text) =>
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;
        set(options, value);
        return true;
    });

    public SettingsTable<TOptions> Time(string name, Action<TOptions, TimeSpan> set) => Add(name, TimeText.Form, (options, text) =>
    {
        if (!TimeText.TryParse(text, out var value)) return false;
        set(options, value);
        return true;
    });

    public SettingsTable<TOptions> Flag(string name, Action<TOptions, bool> set) => Add(name, "true or false", (options, text) =>
    {
        if (!bool.TryParse(text, out var value)) return false;
        set(options, value);
        return true;
    });

    /// <summary>Adds a setting whose text is checked by the function itself.</summary>
    /// <param name="name">The name.</param>
    /// <param name="form">What the text must be.</param>
    /// <param name="set">Sets the option. Returns false when the text is not of the form.</param>
    /// <param name="mayHoldSecret">Whether the value may hold a password, so that a mistake must not show it.</param>
    public SettingsTable<TOptions> Text(string name, string form, Func<TOptions, string, bool> set, bool mayHoldSecret = false) => Add(name, form, set, mayHoldSecret);

    /// <summary>Sets an option. Adds a sentence to the mistakes when the value is wrong.</summary>
    /// <returns>False when there is no setting of this name.</returns>
    public bool TrySet(TOptions options, string name, string path, string? value, List<string> mistakes)
    {
        if (!_settings.TryGetValue(name, out var setting)) return false;
        if (!setting.Set(options, value ?? "")) mistakes.Add($"{path} must be {setting.Form}, but {(setting.MayHoldSecret ? "is not" : $"was '{value}'")}.");
        return true;
    }

    /// <summary>Sets all options. Adds a sentence to the mistakes for each wrong value and each unknown name.</summary>
    public void SetAll(TOptions options, IEnumerable<(string Name, string Path, string? Value)> settings, List<string> mistakes)
    {
        foreach (var (name, path, value) in settings)
        {
            if (!TrySet(options, name, path, value, mistakes)) mistakes.Add(Unknown(path, Names));
        }
    }

    /// <summary>Returns the sentence about a setting that does not exist.</summary>
    public static string Unknown(string path, IEnumerable<string> names) =>
        $"There is no setting {path}. Use one of {string.Join(", ", names.Order(StringComparer.Ordinal))}.";

    private SettingsTable<TOptions> Add(string name, string form, Func<TOptions, string, bool> set, bool mayHoldSecret = false)
    {
        _settings.Add(name, new Setting(form, set, mayHoldSecret));
        return this;
    }

    private sealed record Setting(string Form, Func<TOptions, string, bool> Set, bool MayHoldSecret);
}
