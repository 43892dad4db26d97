using RestMq;
using RestMq.Sample.Access;
using RestMq.Sample.Cli;
using RestMq.Sample.OpenApi;
using RestMq.Sample.Telemetry;

// A verb, such as `produce test foobar`, is done and over; without one this is the host.
if (CommandLine.IsMeant(args)) return await CommandLine.RunAsync(args);

// The settings beside the program, wherever it is started from.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

builder.Services.AddRestMq(builder.Configuration.GetSection("RestMq"), "Prometheus");
builder.Services.AddHealthChecks().AddRestMq();
builder.AddTelemetry();
builder.Services.AddOpenApi(options => options.AddRestMq());
builder.AddAccess();

// http://localhost:8888, as the original, unless --urls or ASPNETCORE_URLS says otherwise.
if (builder.Configuration["urls"] is null) builder.WebHost.UseUrls("http://localhost:8888");

var app = builder.Build();
app.UseAccess();
app.MapRestMq().RequireAccess(app.Configuration);
app.MapHealth();
app.MapTelemetry();
app.MapApiDocument();
app.Run();
return 0;
