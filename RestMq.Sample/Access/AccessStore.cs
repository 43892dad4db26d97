using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RestMq.Sample.Access;

/// <summary>
/// The rules in force. They follow the settings, and within seconds the ACL file that these name: changed ones hold from the next request or frame on;
/// changed ones with a mistake are told in the log, and the rules stay as they were.
/// </summary>
internal sealed partial class AccessStore : IDisposable
{
    private readonly IConfigurationSection _section;
    private readonly ILogger<AccessStore> _logger;
    private readonly IDisposable _changes;
    private readonly PeriodicTimer _looks = new(TimeSpan.FromSeconds(1));
    private readonly string? _aclFile;
    private readonly Lock _reading = new();
    private volatile AccessRules _rules;

    /// <exception cref="OptionsValidationException">The settings have mistakes: all of them.</exception>
    public AccessStore(IConfiguration configuration, IHostEnvironment environment, ILogger<AccessStore> logger)
    {
        (_section, _logger) = (configuration.GetSection("Access"), logger);
        if (_section["AclFile"] is { Length: > 0 } path) _aclFile = Path.GetFullPath(path, environment.ContentRootPath);
        var content = Content(_aclFile);
        _rules = Read(out var errors);
        if (errors.Count > 0) throw new OptionsValidationException("Access", typeof(AccessSettings), errors);
        TellOfUnreadable(configuration);
        _changes = ChangeToken.OnChange(_section.GetReloadToken, Reload);
        if (_aclFile is not null) _ = FollowAsync(content);
    }

    public AccessRules Rules => _rules;

    public void Dispose()
    {
        _changes.Dispose();
        _looks.Dispose();
    }

    // By its content, since neither events nor times tell of every file that is mounted into a container. One that differs twice alike is written to
    // its end.
    private async Task FollowAsync(string? known)
    {
        var before = known;
        while (await _looks.WaitForNextTickAsync())
        {
            var now = Content(_aclFile);
            if (now != known && now == before)
            {
                known = now;
                Reload();
            }
            before = now;
        }
    }

    private static string? Content(string? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // What is wrong is told where it is read for its rules.
        }
    }

    // One that is no JSON does not get as far as its sections: the provider would keep it to itself.
    private void TellOfUnreadable(IConfiguration configuration)
    {
        foreach (var file in ((IConfigurationRoot)configuration).Providers.OfType<FileConfigurationProvider>())
        {
            file.Source.OnLoadException = failure =>
            {
                LogUnreadable(_logger, file.Source.Path, failure.Exception.InnerException?.Message ?? failure.Exception.Message);
                failure.Ignore = true;
            };
        }
    }

    private void Reload()
    {
        using var one = _reading.EnterScope();
        var rules = Read(out var errors);
        if (errors.Count == 0)
        {
            _rules = rules;
            LogRead(_logger);
        }
        else LogMistakes(_logger, string.Join(' ', errors));
    }

    private AccessRules Read(out List<string> errors)
    {
        errors = [];
        // A file that is being written, or was moved away, must not open the queues to everybody.
        if (!_section.Exists()) errors.Add("Access: the section is gone.");
        var settings = new AccessSettings();
        try
        {
            _section.Bind(settings, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            errors.Add($"Access: {e.Message}");
        }
        if (_aclFile is not null) AclFile.AddTo(settings, _aclFile, errors);
        return new AccessRules(settings, errors);
    }

    [LoggerMessage(100, LogLevel.Information, "The access rules are read again")]
    private static partial void LogRead(ILogger logger);

    [LoggerMessage(101, LogLevel.Error, "The access rules stay as they were, since the changed settings have mistakes: {Mistakes}")]
    private static partial void LogMistakes(ILogger logger, string mistakes);

    [LoggerMessage(102, LogLevel.Error, "The changed settings in {File} cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string? file, string reason);
}
