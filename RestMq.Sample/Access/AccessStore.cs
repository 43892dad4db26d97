using Microsoft.Extensions.FileProviders;
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
    private readonly IDisposable? _fileChanges;
    private readonly PhysicalFileProvider? _folder;
    private readonly string? _aclFile;
    private readonly Lock _reading = new();
    private volatile AccessRules _rules;

    /// <exception cref="OptionsValidationException">The settings have mistakes: all of them.</exception>
    public AccessStore(IConfiguration configuration, IHostEnvironment environment, ILogger<AccessStore> logger)
    {
        (_section, _logger) = (configuration.GetSection("Access"), logger);
        if (_section["AclFile"] is { Length: > 0 } path) _aclFile = Path.GetFullPath(path, environment.ContentRootPath);
        _rules = Read(out var errors);
        if (errors.Count > 0) throw new OptionsValidationException("Access", typeof(AccessSettings), errors);
        _changes = ChangeToken.OnChange(_section.GetReloadToken, Reload);
        if (_aclFile is null) return;
        // Looked at every few seconds: a file that is mounted into a container changes unheard.
        _folder = new PhysicalFileProvider(Path.GetDirectoryName(_aclFile)!) { UsePollingFileWatcher = true, UseActivePolling = true };
        _fileChanges = ChangeToken.OnChange(() => _folder.Watch(Path.GetFileName(_aclFile)), () => _ = ReloadWhenWrittenAsync());
    }

    public AccessRules Rules => _rules;

    public void Dispose()
    {
        _changes.Dispose();
        _fileChanges?.Dispose();
        _folder?.Dispose();
    }

    // Whoever writes the file may be in the middle of it.
    private async Task ReloadWhenWrittenAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(250));
        Reload();
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
}
