using System.CommandLine;
using Microsoft.Extensions.Options;

namespace RestMq.Sample.Cli;

/// <summary>
/// The engine from the command line: <c>produce test foobar</c>. Each verb is an action on <see cref="IQueues"/>; settings such as
/// <c>--RestMq:Redis=localhost:6379</c> are those of the host, and may stand anywhere.
/// </summary>
internal static class CommandLine
{
    private const string SettingPrefix = "--RestMq:";

    private static readonly Option<Uri?> Url = new("--url")
    {
        Description = "A host to ask, such as http://localhost:8888 or https://user:password@mq.example.org; without it, the engine on the Redis of the settings.",
        HelpName = "host",
        Recursive = true,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
            result.AddError($"'--url' is an address such as http://localhost:8888, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    private static readonly Option<string?> Key = new("--key")
    {
        Description = "With --url, the API key that the host asks for; RESTMQ_KEY in the environment is read too, and hides it from others on this machine.",
        HelpName = "key",
        Recursive = true,
    };

    /// <summary>Whether the arguments ask for a verb, or for help; otherwise they are settings of the host.</summary>
    public static bool IsMeant(string[] args) =>
        Split(args).Words is [var first, ..] && (!first.StartsWith('-') || first is "--help" or "-h" or "-?" or "--version");

    /// <summary>Does what the arguments ask for.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args)
    {
        var (settings, words) = Split(args);
        return Root(settings).Parse(words).InvokeAsync();
    }

    private static RootCommand Root(string[] settings)
    {
        var root = new RootCommand("""
            RestMQ: queues over HTTP. Without a verb it is the host, at http://localhost:8888 (--urls=http://host:port).

            Settings, of the host and of the verbs:
              --RestMq:Redis=localhost:6379, or RestMq__Redis in the environment: where the messages are; without it, in the host's memory.

            Exit codes: 0 done, 1 refused, 2 nothing there, 3 Redis or the host is away.
            """)
        { Url, Key };
        var run = new Runner(settings);
        foreach (var verb in Verbs.All(run.On)) root.Add(verb);
        return root;
    }

    // Settings hold a colon, which would end an option's name here; and they are the configuration's to read.
    private static (string[] Settings, string[] Words) Split(string[] args)
    {
        List<string> settings = [], words = [];
        for (var i = 0; i < args.Length; i++)
        {
            var isSetting = args[i].StartsWith(SettingPrefix, StringComparison.OrdinalIgnoreCase);
            (isSetting ? settings : words).Add(args[i]);
            if (isSetting && !args[i].Contains('=') && i + 1 < args.Length) settings.Add(args[++i]);
        }
        return ([.. settings], [.. words]);
    }

    /// <summary>Runs an action of a verb, and turns how it ends into an exit code.</summary>
    private sealed class Runner(string[] settings)
    {
        public Func<ParseResult, CancellationToken, Task<int>> On(VerbAction action) => async (parsed, cancellationToken) =>
        {
            try
            {
                await using var queues = Open(parsed.GetValue(Url), parsed.GetValue(Key));
                await using var output = new Output();
                return await action(parsed, queues, output, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCode.Interrupted;
            }
            catch (ReaderGoneException)
            {
                return ExitCode.Done; // Which is no error of ours: nothing is said.
            }
            catch (Exception e) when (CodeOf(e) is { } code)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return code;
            }
        };

        private static int? CodeOf(Exception e) => e switch
        {
            VerbException verb => verb.Code,
            FormatException or ArgumentException or OptionsValidationException => ExitCode.Refused,
            IOException => ExitCode.Refused, // The standard input cannot be read.
            RestMqUnavailableException => ExitCode.Away,
            _ => null,
        };

        private IQueues Open(Uri? host, string? key)
        {
            if (key is not null && host is not { UserInfo.Length: 0 }) throw new VerbException("'--key' goes with '--url', and with one that names no user.");
            if (host is not null) return new HttpQueues(host, key ?? Environment.GetEnvironmentVariable("RESTMQ_KEY"));
            var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true)
                .AddEnvironmentVariables().AddCommandLine(settings).Build();
            return configuration["RestMq:Redis"] is { Length: > 0 }
                ? new EngineQueues(configuration)
                : throw new VerbException("""
                    No Redis is configured, and the queues of a host without one live in that host's memory. Name
                      the host:   --url http://localhost:8888
                      or a Redis: --RestMq:Redis=localhost:6379, or RestMq__Redis in the environment.
                    """);
        }
    }
}
