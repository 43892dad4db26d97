using System.Reflection;
using Microsoft.Extensions.Options;
using RestMq;
using RestMq.Sample.Access;
using RestMq.Sample.Cli;
using RestMq.Sample.OpenApi;
using RestMq.Sample.Telemetry;

// With a verb, such as `produce test foobar`, the process carries it out and ends. Without a verb it is the host.
if (CommandLine.IsMeant(args)) return await CommandLine.RunAsync(args);

try
{
    // Reads the settings beside the program, whatever directory it is started from.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    builder.Services.AddRestMq(builder.Configuration.GetSection("RestMq"), "Prometheus");
    builder.Services.AddHealthChecks().AddRestMq();
    builder.AddTelemetry();
    builder.Services.AddOpenApi(options => options.AddRestMq());
    builder.AddAccess();
    builder.WebHost.UseKestrelHttpsConfiguration(); // A slim builder leaves HTTPS out.

    // Listens on http://localhost:8888, as the original, unless a setting names an address.
    string[] places = ["urls", "http_ports", "https_ports", "Kestrel:Endpoints"];
    if (!places.Any(place => builder.Configuration.GetSection(place).Exists())) builder.WebHost.UseUrls("http://localhost:8888");

    var app = builder.Build();
    app.UseAccess();
    app.MapRestMq().RequireAccess(app.Configuration);
    app.MapHealth();
    app.MapTelemetry();
    app.MapApiDocument();
    // Validated here, so that mistakes are written without a stack trace. The host itself would log one.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    app.Run();
    return 0;
}
// Mistakes in how the host is started: settings, a settings file that is not JSON, an address in use. A process that
// runs this program as a library, such as a test, gets I/O exceptions unchanged.
catch (Exception e) when (e is OptionsValidationException or InvalidDataException or IOException && Assembly.GetEntryAssembly() == typeof(Program).Assembly)
{
    foreach (var mistake in e is OptionsValidationException options ? options.Failures : [e.Message, .. e.InnerException is { } inner ? [inner.Message] : Array.Empty<string>()])
        Console.Error.WriteLine(mistake);
    return 1;
}
