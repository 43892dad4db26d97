namespace RestMq.Sample.Access;

/// <summary>
/// The original's ACL file, taken for what it says by the settings of this host: <c>[rest:producer]</c> and its like, each with <c>hosts_allow</c>,
/// <c>hosts_deny</c>, <c>username</c> and <c>password</c>. What a producer did there (purge, policies, control) is <see cref="Category.Admin"/>'s here.
/// </summary>
internal sealed class AclFile(string name, List<string> errors)
{
    // As comet has it: the same route serves both, by what the client accepts.
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

    /// <summary>Adds to settings what a file says. Its mistakes go to <paramref name="errors"/>, a sentence each.</summary>
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
                if (!Sections.ContainsKey(title) && title != Events) Wrong(number, $"there is no [{title}]: there are [{string.Join("], [", Sections.Keys)}].");
                if (!_sections.TryAdd(title, section = [])) Wrong(number, $"[{title}] is there twice.");
                continue;
            }
            var end = line.AsSpan().IndexOfAny('=', ':');
            var key = (end < 0 ? line : line[..end]).TrimEnd().ToLowerInvariant();
            var value = WithoutRemark(line[(end + 1)..]);
            if (end < 0 || !Names.Contains(key)) Wrong(number, $"'{line}' is none of {string.Join(", ", Names)}, with = and a value, nor a [section].");
            else if (section is null) Wrong(number, $"{key} is in no section: begin with [rest:producer] or another.");
            else if (value.Length == 0 && key is ("username" or "password")) Wrong(number, $"{key} is empty.");
            else if (!section.TryAdd(key, (value, number))) Wrong(number, $"{key} is there twice.");
        }
        // So is a file that is being written; it must not open the queues to everybody.
        if (_sections.Count == 0) errors.Add($"{name}: it has no section; there are [{string.Join("], [", Sections.Keys)}].");
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
                Wrong(Math.Max(user.Line, password.Line), "username and password go together.");
            else if (user.Value is not null) AddUser(user, password, categories);
            else open.Add(categories[0]);
        }
        settings.Users.AddRange(_users.Values);
        // Whom the file asks for no password needs none, unless the settings say for themselves who does.
        if (isAlone && _users.Count > 0) settings.Anonymous.AddRange(open.Select(category => category.ToString()));
    }

    private void AddUser((string Value, int Line) user, (string Value, int Line) password, Category[] categories)
    {
        if (!_users.TryGetValue(user.Value, out var caller)) _users.Add(user.Value, caller = new CallerSettings { Name = user.Value, Secret = password.Value });
        if (caller.Secret != password.Value) Wrong(password.Line, $"{user.Value} has another password above; a user has one.");
        caller.Roles.AddRange(categories.Select(category => category.ToString()));
    }

    private List<string> Hosts(Dictionary<string, (string Value, int Line)> section, string key)
    {
        if (!section.TryGetValue(key, out var found)) return [];
        var hosts = found.Value.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).ToList();
        if (hosts.Find(host => !NetworkRules.TryParse(host, [])) is not { } wrong) return hosts;
        Wrong(found.Line, $"'{wrong}' is no network: give all, an address, 10.0.0.0/8, or a beginning such as 10.1.");
        return [];
    }

    private void CheckEvents()
    {
        var comet = _sections.GetValueOrDefault(Comet) ?? [];
        foreach (var (key, (value, line)) in _sections.GetValueOrDefault(Events) ?? [])
        {
            if (comet.GetValueOrDefault(key).Value != value) Wrong(line, $"[{Events}] and [{Comet}] are one here, and say different: make {key} the same in both.");
        }
    }

    // As Python's parser has it: a semicolon after a space begins one.
    private static string WithoutRemark(string value) => value.Split(" ;")[0].Trim();

    private void Wrong(int line, string what) => errors.Add($"{name}, line {line}: {what}");
}
