using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using RestMq.Server.Cli;

namespace RestMq.Server;

/// <summary>Runs the command line of a stand-alone host: the host itself, or a verb such as <c>produce test foobar</c>.</summary>
public static class RestMqCommandLine
{
    /// <summary>
    /// Runs the verb of the arguments. Arguments without a verb are settings of the host, and the method runs the host
    /// until it is stopped. A mistake in the arguments or the settings, or an address in use, is written to the standard
    /// error. A setting without a section (<c>--urls</c>) must be one that ASP.NET Core knows.
    /// </summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="createHost">Creates the host. It is not called for a verb.</param>
    /// <returns>
    /// The exit code of the process: 0 done, 1 refused or not started, 2 no message, 3 the store or the host is
    /// unavailable, 130 interrupted.
    /// </returns>
    public static async Task<int> RunAsync(string[] args, Func<WebApplication> createHost)
    {
        if (CommandLine.IsMeant(args)) return await CommandLine.RunAsync(args);
        // A process that runs the program as a library, such as a test, gets exceptions unchanged, and passes arguments of
        // its own.
        var isProgram = Assembly.GetEntryAssembly() == createHost.Method.Module.Assembly;
        if (isProgram && HostArguments.FindMistake(args) is { } argument)
        {
            await Console.Error.WriteLineAsync(argument);
            return ExitCode.Refused;
        }
        try
        {
            await using var host = createHost();
            // Validated here, so that mistakes are written without a stack trace. The host itself would log one.
            host.Services.GetRequiredService<IStartupValidator>().Validate();
            await host.RunAsync();
            return ExitCode.Done;
        }
        // Mistakes in how the host is started: settings, a settings file that is not JSON, an address in use. A process
        // that runs the program as a library, such as a test, gets these exceptions unchanged.
        catch (Exception e) when (e is OptionsValidationException or InvalidDataException or IOException or SocketException or FormatException && isProgram)
        {
            foreach (var mistake in MistakesOf(e)) await Console.Error.WriteLineAsync(mistake);
            return ExitCode.Refused;
        }
    }

    private static IEnumerable<string> MistakesOf(Exception e) => e switch
    {
        OptionsValidationException options => options.Failures,
        { InnerException: AddressInUseException } =>
            [$"{e.Message.TrimEnd('.')}, so stop the other process or set another address with --urls."],
        SocketException => [$"The host must be allowed to listen on its address, but: {e.Message}. Set another address with --urls."],
        { InnerException: { } inner } => [e.Message, inner.Message],
        _ => [e.Message],
    };
}
