using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RestMq.Client;

/// <summary>Tests the options of a client that are read from the configuration.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("ReplyTimeout", "60", "00:01:00")]
    [InlineData("ReplyTimeout", "00:00:05", "00:00:05")]
    [InlineData("IdempotentAdds", "false", "False")]
    [InlineData("RetryFullQueues", "true", "True")]
    [InlineData("BaseAddress", "https://queues.example/mq", "https://queues.example/mq")]
    public void BindSettings_EachSetting_IsRead(string setting, string text, string value) =>
        $"{typeof(RestMqClientOptions).GetProperty(setting)!.GetValue(Bound(setting, text, "").Get(""))}".Should().Be(value);

    [Theory]
    [InlineData("ReplyTimeout", "", "Queues:ReplyTimeout must be a time*but was ''.")]
    [InlineData("ReplyTimeout", "60 s", "Queues:ReplyTimeout must be a time*but was '60 s'.")]
    [InlineData("ReplyTimeout", "-1", "*ReplyTimeout of the client 'other' must be between*but was -00:00:01.")]
    [InlineData("ReplyTimeout", "60.00:00", "*ReplyTimeout of the client 'other' must be between*but was 60.00:00:00.*")]
    [InlineData("BaseAddress", "ftp://user:secret@example", "Queues:BaseAddress must be a URL, such as https://queues.example/mq, but is not.")]
    [InlineData("Timeout", "1", "There is no setting Queues:Timeout. Use one of BaseAddress, IdempotentAdds, ReplyTimeout, RetryFullQueues.")]
    public void BindSettings_WrongSetting_StopsTheStart(string setting, string text, string told) =>
        Bound(setting, text, "other").Invoking(options => options.Get("other")).Should().Throw<OptionsValidationException>()
            .Which.Failures.Should().ContainSingle().Which.Should().Match(told);

    [Fact]
    public void BindConfiguration_NumberWithoutUnit_IsRefusedAsDays()
    {
        var services = new ServiceCollection();
        services.AddRestMqClient(options => options.ReplyTimeout = TimeSpan.Parse("30", System.Globalization.CultureInfo.InvariantCulture));
        services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Invoking(start => start.Validate())
            .Should().Throw<OptionsValidationException>().WithMessage("*30.00:00:00. BindConfiguration() reads a bare number as days*");
    }

    private static IOptionsMonitor<RestMqClientOptions> Bound(string setting, string text, string name)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new($"Queues:{setting}", text)]).Build());
        if (name.Length == 0) services.AddRestMqClient();
        else services.AddRestMqClient(name);
        services.AddOptions<RestMqClientOptions>(name).BindSettings("Queues");
        return services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<RestMqClientOptions>>();
    }
}
