using System.CommandLine;
using Microsoft.Extensions.Options;

namespace RestMq.Server.Cli;

/// <summary>
/// Runs verbs from the command line, such as <c>produce test foobar</c>. Each verb is an action on
/// <see cref="IQueues"/>. Settings such as <c>--RestMq:Redis=localhost:6379</c> are the host's settings, in any
/// position.
/// </summary>
internal static class CommandLine
{
    private const string SettingPrefix = "--RestMq:";

    private static readonly Option<Uri?> Url = new("--url")
    {
        Description = "The host to use, such as http://localhost:8888 or https://user:password@mq.example.org. "
            + "Without it, the verb uses the Redis of the settings.",
        HelpName = "host",
        Recursive = true,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
            result.AddError(
                $"'--url' must be an address such as http://localhost:8888, but was '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    private static readonly Option<string?> Key = new("--key")
    {
        Description = "With --url: the API key for the host. The environment variable RESTMQ_KEY sets it too, hidden "
            + "from other users of this machine.",
        HelpName = "key",
        Recursive = true,
    };

    /// <summary>
    /// Returns whether the arguments have a verb or ask for help. Otherwise they are settings of the host.
    /// </summary>
    public static bool IsMeant(string[] args) =>
        Split(args).WireNames is [var first, ..] && (!first.StartsWith('-') || first is "--help" or "-h" or "-?" or "--version");

    /// <summary>Runs the verb of the arguments.</summary>
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

            Settings of the host and of the verbs:
              --RestMq:Redis=localhost:6379, or RestMq__Redis in the environment: the Redis that keeps the messages.
              Without it, the host keeps them in memory.

            Exit codes: 0 done, 1 refused, 2 no message, 3 Redis or the host is unavailable.
            """)
        { Url, Key };
        var run = new Runner(settings);
        foreach (var verb in Verbs.All(run.On)) root.Add(verb);
        return root;
    }

    // Separates settings from verbs and options. System.CommandLine would end an option's name at a setting's colon,
    // and the configuration reads the settings.
    private static (string[] Settings, string[] WireNames) Split(string[] args)
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

    /// <summary>Runs the action of a verb and turns its outcome into an exit code.</summary>
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
                return ExitCode.Done; // The reader of the pipe, such as head, has ended. That is no error.
            }
            catch (Exception e) when (CodeOf(e) is { } code)
            {
                // The caller of the command line has the connection string, so it may see which rights are missing.
                await Console.Error.WriteLineAsync(e is RestMqStoreRefusedException refused ? refused.Details : e.Message);
                return code;
            }
        };

        private static int? CodeOf(Exception e) => e switch
        {
            VerbException verb => verb.Code,
            FormatException or ArgumentException or OptionsValidationException => ExitCode.Refused,
            IOException => ExitCode.Refused, // Reading the standard input failed.
            RestMqUnavailableException => ExitCode.Unavailable,
            _ => null,
        };

        private IQueues Open(Uri? host, string? key)
        {
            if (key is not null && host is not { UserInfo.Length: 0 })
            {
                throw new VerbException(
                    "'--key' must be combined with '--url', and the URL must have no user. "
                    + "Add '--url' or remove '--key'.");
            }
            if (host is not null) return new HttpQueues(host, key ?? Environment.GetEnvironmentVariable("RESTMQ_KEY"));
            var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true)
                .AddEnvironmentVariables().AddCommandLine(settings).Build();
            return configuration["RestMq:Redis"] is { Length: > 0 }
                ? new EngineQueues(configuration)
                : throw new VerbException("""
                    A verb must have a host or a Redis, but has neither. Without Redis, only a host has its queues. Set
                      the host:   --url http://localhost:8888
                      or a Redis: --RestMq:Redis=localhost:6379, or RestMq__Redis in the environment.
                    """);
        }
    }
}
