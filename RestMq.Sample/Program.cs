using System.Reflection;
using Microsoft.Extensions.Options;
using RestMq;
using RestMq.Sample.Access;
using RestMq.Sample.Cli;
using RestMq.Sample.OpenApi;
using RestMq.Sample.Telemetry;

// A verb, such as `produce test foobar`, is done and over; without one this is the host.
if (CommandLine.IsMeant(args)) return await CommandLine.RunAsync(args);

try
{
    // The settings beside the program, wherever it is started from.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    builder.Services.AddRestMq(builder.Configuration.GetSection("RestMq"), "Prometheus");
    builder.Services.AddHealthChecks().AddRestMq();
    builder.AddTelemetry();
    builder.Services.AddOpenApi(options => options.AddRestMq());
    builder.AddAccess();
    builder.WebHost.UseKestrelHttpsConfiguration(); // Which a slim builder leaves out.

    // http://localhost:8888, as the original, unless a setting says where.
    string[] places = ["urls", "http_ports", "https_ports", "Kestrel:Endpoints"];
    if (!places.Any(place => builder.Configuration.GetSection(place).Exists())) builder.WebHost.UseUrls("http://localhost:8888");

    var app = builder.Build();
    app.UseAccess();
    app.MapRestMq().RequireAccess(app.Configuration);
    app.MapHealth();
    app.MapTelemetry();
    app.MapApiDocument();
    app.Services.GetRequiredService<IStartupValidator>().Validate(); // The host itself would log what it finds with a stack.
    app.Run();
    return 0;
}
// Mistakes of whoever starts it: settings, a file of them that is no JSON, an address that is taken. Whoever has it in a process of his own gets them as they are.
catch (Exception e) when (e is OptionsValidationException or InvalidDataException or IOException && Assembly.GetEntryAssembly() == typeof(Program).Assembly)
{
    foreach (var mistake in e is OptionsValidationException options ? options.Failures : [e.Message, .. e.InnerException is { } inner ? [inner.Message] : Array.Empty<string>()])
        Console.Error.WriteLine(mistake);
    return 1;
}
