using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RestMq.Server;

/// <summary>
/// Runs the sample host in this process in the environment Production, with settings. The remote address of a request
/// is the value of its header <c>From-Address</c>.
/// </summary>
public sealed class SampleHost : WebApplicationFactory<Program>
{
    private readonly (string Name, string Value)[] _settings;
    private readonly ILoggerProvider? _log;

    public SampleHost(params (string Name, string Value)[] settings) : this(overKestrel: false, null, settings)
    {
    }

    public SampleHost(ILoggerProvider log, params (string Name, string Value)[] settings) : this(overKestrel: false, log, settings)
    {
    }

    private SampleHost(bool overKestrel, ILoggerProvider? log, (string Name, string Value)[] settings)
    {
        (_settings, _log) = (settings, log);
        if (overKestrel)
        {
            UseKestrel();
            StartServer();
        }
        Client = CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, BaseAddress = ClientOptions.BaseAddress });
    }

    public HttpClient Client { get; }

    /// <summary>Runs the sample host on Kestrel and a free port.</summary>
    public static SampleHost OverKestrel(params (string Name, string Value)[] settings) => OverKestrel(null, settings);

    /// <summary>Runs the sample host on Kestrel and a free port, with a log.</summary>
    public static SampleHost OverKestrel(ILoggerProvider? log, (string Name, string Value)[] settings) =>
        new(overKestrel: true, log, [("urls", "http://127.0.0.1:0"), .. settings]);

    /// <summary>Changes settings of the running host. A null value removes a setting.</summary>
    public void Change(params (string Name, string? Value)[] settings)
    {
        var configuration = (IConfigurationRoot)Services.GetRequiredService<IConfiguration>();
        foreach (var (name, value) in settings) configuration[name] = value;
        configuration.Reload();
    }

    public Task<HttpResponseMessage> SendAsync(string line, string? body = null, params (string Name, string Value)[] headers) =>
        Client.SendAsync(Request.Of(line, body, headers));

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        foreach (var (name, value) in _settings) builder.UseSetting(name, value);
        if (_log is not null) builder.ConfigureLogging(logging => logging.AddProvider(_log));
        builder.ConfigureServices(services => services.AddSingleton<IStartupFilter, Address>());
    }

    private sealed class Address : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                Addressed.Set(context);
                return following(context);
            });
            next(app);
        };
    }
}
