using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RestMq.Client;
using RestMq.Settings;

namespace RestMq;

/// <summary>Reads the options of clients from the configuration.</summary>
public static class RestMqClientSettingsExtensions
{
    private static readonly SettingsTable<RestMqClientOptions> Settings = new SettingsTable<RestMqClientOptions>()
        .Text(nameof(RestMqClientOptions.BaseAddress), "a URL, such as https://queues.example/mq", static (options, value) =>
        {
            if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")) return false;
            options.BaseAddress = address;
            return true;
        }, mayHoldSecret: true)
        .Flag(nameof(RestMqClientOptions.IdempotentAdds), static (options, value) => options.IdempotentAdds = value)
        .Time(nameof(RestMqClientOptions.ReplyTimeout), static (options, value) => options.ReplyTimeout = value)
        .Flag(nameof(RestMqClientOptions.RetryFullQueues), static (options, value) => options.RetryFullQueues = value);

    /// <summary>
    /// Reads the options of a client from a section of the configuration, without reflection:
    /// <c>services.AddOptions&lt;RestMqClientOptions&gt;().BindSettings("Queues")</c>. Times are in seconds (<c>30</c>)
    /// or as <c>hh:mm:ss</c>. A wrong or unknown setting stops the start of the application, with all mistakes at once.
    /// The framework's <c>BindConfiguration</c> reads a bare number as days.
    /// </summary>
    /// <param name="builder">The builder of the options. Its name is the name of the client.</param>
    /// <param name="path">The section. Without it, the options stay as they are.</param>
    public static OptionsBuilder<RestMqClientOptions> BindSettings(this OptionsBuilder<RestMqClientOptions> builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return builder.Configure<IConfiguration>((options, configuration) => Read(options, configuration.GetSection(path)));
    }

    /// <inheritdoc cref="BindSettings(OptionsBuilder{RestMqClientOptions}, string)"/>
    /// <param name="builder">The builder of the options. Its name is the name of the client.</param>
    /// <param name="section">The section.</param>
    public static OptionsBuilder<RestMqClientOptions> BindSettings(this OptionsBuilder<RestMqClientOptions> builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        return builder.Configure(options => Read(options, section));
    }

    private static void Read(RestMqClientOptions options, IConfiguration section) =>
        Settings.SetAll(options, section.GetChildren().Select(static setting => (setting.Key, setting.Path, setting.Value)), options.Mistakes);
}
