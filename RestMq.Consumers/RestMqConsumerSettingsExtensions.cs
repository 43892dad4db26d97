using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RestMq.Settings;

namespace RestMq;

/// <summary>Reads the options of consumers from the configuration.</summary>
public static class RestMqConsumerSettingsExtensions
{
    private static readonly SettingsTable<RestMqConsumerOptions> Settings = new SettingsTable<RestMqConsumerOptions>()
        .Text(nameof(RestMqConsumerOptions.Source), "the key of a source of messages", static (options, value) =>
        {
            if (value.Length > 0) options.Source = value;
            return true;
        })
        .Number(nameof(RestMqConsumerOptions.Concurrency), static (options, value) => options.Concurrency = value)
        .Number(nameof(RestMqConsumerOptions.Prefetch), static (options, value) => options.Prefetch = value)
        .Time(nameof(RestMqConsumerOptions.Lease), static (options, value) => options.Lease = value)
        .Time(nameof(RestMqConsumerOptions.Wait), static (options, value) => options.Wait = value)
        .Time(nameof(RestMqConsumerOptions.RetryDelay), static (options, value) => options.RetryDelay = value)
        .Time(nameof(RestMqConsumerOptions.MaxRetryDelay), static (options, value) => options.MaxRetryDelay = value)
        .Time(nameof(RestMqConsumerOptions.DrainTimeout), static (options, value) => options.DrainTimeout = value);

    /// <summary>
    /// Reads the options from a section of the configuration, without reflection. Times are in seconds (<c>30</c>) or as
    /// <c>hh:mm:ss</c>. A wrong or unknown setting stops the start of the application, with all mistakes at once. The
    /// framework's <c>BindConfiguration</c> reads a bare number as days.
    /// </summary>
    /// <param name="builder">The builder that <c>AddRestMqConsumer</c> returned.</param>
    /// <param name="path">The section, such as <c>Consumers:Orders</c>. Without it, the options stay as they are.</param>
    public static OptionsBuilder<RestMqConsumerOptions> BindSettings(this OptionsBuilder<RestMqConsumerOptions> builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return builder.Configure<IConfiguration>((options, configuration) => Read(options, configuration.GetSection(path)));
    }

    /// <inheritdoc cref="BindSettings(OptionsBuilder{RestMqConsumerOptions}, string)"/>
    /// <param name="builder">The builder that <c>AddRestMqConsumer</c> returned.</param>
    /// <param name="section">The section.</param>
    public static OptionsBuilder<RestMqConsumerOptions> BindSettings(this OptionsBuilder<RestMqConsumerOptions> builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        return builder.Configure(options => Read(options, section));
    }

    private static void Read(RestMqConsumerOptions options, IConfiguration section) =>
        Settings.SetAll(options, section.GetChildren().Select(static setting => (setting.Key, setting.Path, setting.Value)), options.Mistakes);
}
