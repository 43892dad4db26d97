namespace RestMq.Server.Access;

/// <summary>
/// Reads the original's ACL file into the settings of this host. The file has sections such as <c>[rest:producer]</c>,
/// each with <c>hosts_allow</c>, <c>hosts_deny</c>, <c>username</c> and <c>password</c>. In the original, producers
/// also purged, set policies and controlled queues. Here these need <see cref="Category.Admin"/>, which a producer gets
/// too.
/// </summary>
internal sealed class AclFile(string name, List<string> errors)
{
    // Must equal the section [comet:consumer], because one route serves both, by the client's Accept header.
    private const string Events = "sse:consumer";
    private const string Comet = "comet:consumer";

    private static readonly Dictionary<string, Category[]> Sections = new()
    {
        ["rest:producer"] = [Category.RestProducer, Category.Admin],
        ["rest:consumer"] = [Category.RestConsumer],
        [Comet] = [Category.CometConsumer],
        ["websocket:consumer"] = [Category.WebSocketConsumer],
    };

    private static readonly string[] Names = ["hosts_allow", "hosts_deny", "username", "password"];

    private readonly Dictionary<string, Dictionary<string, (string Value, int Line)>> _sections = [];
    private readonly Dictionary<string, CallerSettings> _users = [];

    /// <summary>
    /// Adds a file to settings. Each mistake in the file adds a sentence to <paramref name="errors"/>.
    /// </summary>
    public static void AddTo(AccessSettings settings, string file, List<string> errors)
    {
        var acl = new AclFile(Path.GetFileName(file), errors);
        try
        {
            acl.Read(File.ReadAllLines(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"Access:AclFile: {e.Message}");
            return;
        }
        acl.AddTo(settings);
    }

    private void Read(string[] lines)
    {
        Dictionary<string, (string, int)>? section = null;
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1].Trim();
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line is ['[', .. var title, ']'])
            {
                if (!Sections.ContainsKey(title) && title != Events)
                {
                    Wrong(
                        number,
                        $"a section must be one of [{string.Join("], [", Sections.Keys)}], but is [{title}].");
                }
                if (!_sections.TryAdd(title, section = []))
                    Wrong(number, $"[{title}] must appear once, but appears again.");
                continue;
            }
            var end = line.AsSpan().IndexOfAny('=', ':');
            var key = (end < 0 ? line : line[..end]).TrimEnd().ToLowerInvariant();
            var value = WithoutRemark(line[(end + 1)..]);
            if (end < 0 || !Names.Contains(key))
            {
                Wrong(
                    number,
                    $"a line must be a [section], or one of {string.Join(", ", Names)} with = and a value, "
                    + $"but is '{line}'.");
            }
            else if (section is null)
            {
                Wrong(
                    number,
                    $"{key} must be in a section, but no section precedes it. Add one, such as [rest:producer].");
            }
            else if (value.Length == 0 && key is ("username" or "password")) Wrong(number, $"{key} must not be empty.");
            else if (!section.TryAdd(key, (value, number)))
                Wrong(number, $"{key} must appear once in a section, but appears again.");
        }
        // A file that is being written has no section yet. It must not open the queues to every caller.
        if (_sections.Count == 0)
        {
            errors.Add(
                $"{name}: the file must have a section, but has none. "
                + $"Add one of [{string.Join("], [", Sections.Keys)}].");
        }
        CheckEvents();
    }

    private void AddTo(AccessSettings settings)
    {
        var isAlone = settings.Keys.Count + settings.Users.Count == 0;
        var open = new List<Category>();
        foreach (var (title, categories) in Sections)
        {
            var section = _sections.GetValueOrDefault(title) ?? [];
            var networks = new NetworkSettings { Allow = Hosts(section, "hosts_allow"), Deny = Hosts(section, "hosts_deny") };
            foreach (var category in categories) settings.Networks.TryAdd(category.ToString(), networks);
            if (section.TryGetValue("username", out var user) != section.TryGetValue("password", out var password))
            {
                Wrong(
                    Math.Max(user.Line, password.Line),
                    "username and password must be given together, but one is missing.");
            }
            else if (user.Value is not null) AddUser(user, password, categories);
            else open.Add(categories[0]);
        }
        settings.Users.AddRange(_users.Values);
        // Sections without a password are open, unless the settings have keys or users of their own.
        if (isAlone && _users.Count > 0) settings.Anonymous.AddRange(open.Select(category => category.ToString()));
    }

    private void AddUser((string Value, int Line) user, (string Value, int Line) password, Category[] categories)
    {
        if (!_users.TryGetValue(user.Value, out var caller)) _users.Add(user.Value, caller = new CallerSettings { Name = user.Value, Secret = password.Value });
        if (caller.Secret != password.Value)
        {
            Wrong(
                password.Line,
                $"a user must have the same password in every section, but {user.Value} has another one above.");
        }
        caller.Roles.AddRange(categories.Select(category => category.ToString()));
    }

    private List<string> Hosts(Dictionary<string, (string Value, int Line)> section, string key)
    {
        if (!section.TryGetValue(key, out var found)) return [];
        var hosts = found.Value.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).ToList();
        if (hosts.Find(host => !NetworkRules.TryParse(host, [])) is not { } wrong) return hosts;
        Wrong(
            found.Line,
            $"hosts must be networks (all, an address, 10.0.0.0/8, or a prefix such as 10.1.), but one is '{wrong}'.");
        return [];
    }

    private void CheckEvents()
    {
        var comet = _sections.GetValueOrDefault(Comet) ?? [];
        foreach (var (key, (value, line)) in _sections.GetValueOrDefault(Events) ?? [])
        {
            if (comet.GetValueOrDefault(key).Value != value)
                Wrong(line, $"{key} must be the same in [{Events}] and [{Comet}], but differs. One route serves both.");
        }
    }

    // As in Python's configparser, a semicolon after a space begins a comment.
    private static string WithoutRemark(string value) => value.Split(" ;")[0].Trim();

    private void Wrong(int line, string what) => errors.Add($"{name}, line {line}: {what}");
}
