using RestMq.Server;

// With a verb, such as `produce test foobar`, the process carries it out and ends. Without a verb it is the host.
return await RestMqCommandLine.RunAsync(args, () =>
{
    // Reads the settings beside the program, whatever directory it is started from.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.AddRestMqServer();

    var app = builder.Build();
    app.UseRestMqServer();
    return app;
});
