using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RestMq.Server.Access;

/// <summary>
/// Holds the access rules in force, and follows changes of the settings and, within seconds, of their ACL file. New
/// rules apply from the next request or frame on. When they have mistakes, these are logged and the old rules stay in
/// force.
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

    /// <summary>Reads the rules and begins to follow changes.</summary>
    /// <exception cref="OptionsValidationException">
    /// The settings have mistakes. The exception has all of them.
    /// </exception>
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

    // Compares the file's content. File events and timestamps miss changes of some files that are mounted into a
    // container. A changed file is read only when two looks find the same content, because it may still be being
    // written.
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
            return null; // Reload reports why the file cannot be read.
        }
    }

    // Logs settings files that are not JSON. Reload does not see their errors, and the configuration provider would
    // ignore them silently.
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
        // A settings file that is being written or was moved must not open the queues to every caller.
        if (!_section.Exists()) errors.Add("The section Access must be present, but is missing.");
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

    [LoggerMessage(100, LogLevel.Information, "The access rules were read again and are in force")]
    private static partial void LogRead(ILogger logger);

    [LoggerMessage(
        101, LogLevel.Error,
        "The changed access rules have mistakes, so the old rules stay in force. Correct them: {Mistakes}")]
    private static partial void LogMistakes(ILogger logger, string mistakes);

    [LoggerMessage(102, LogLevel.Error, "Could not read the changed settings in {File}. Correct the file: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string? file, string reason);
}
