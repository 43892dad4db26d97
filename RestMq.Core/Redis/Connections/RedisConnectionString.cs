using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace RestMq.Redis.Connections;

/// <summary>
/// Reads a connection string: a <c>redis://</c> or <c>rediss://</c> URI, or a string of StackExchange.Redis. A mistake
/// never quotes a part that may be a secret: a password with a comma becomes several parts of the string, and a
/// mistyped option may hold a password.
/// </summary>
internal sealed class RedisConnectionString
{
    private const int DefaultPort = 6379;
    private const int DefaultTlsPort = 6380; // Of StackExchange.Redis. A rediss URI has the usual port, 6379.

    private static readonly string[] Known =
    [
        "abortConnect", "allowAdmin", "asyncTimeout", "channelPrefix", "checkCertificateRevocation", "configChannel", "configCheckSeconds",
        "connectRetry", "connectTimeout", "defaultDatabase", "highIntegrity", "keepAlive", "name", "password", "protocol", "proxy", "resolveDns",
        "sentinelPassword", "sentinelUser", "serviceName", "setlib", "ssl", "sslHost", "sslProtocols", "syncTimeout", "tiebreaker", "tunnel", "user",
        "version",
    ];

    private readonly List<string> _mistakes = [];
    private readonly List<EndPoint> _servers = [];
    private readonly List<string> _parsed = []; // Options that StackExchange.Redis reads, as name=value.
    private readonly List<Action<ConfigurationOptions>> _texts = []; // Options whose values may hold a comma.
    private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);

    private RedisConnectionString()
    {
    }

    /// <summary>Gets the settings. They are complete only when there are no mistakes.</summary>
    public ConfigurationOptions Options { get; private set; } = new();

    /// <summary>Gets a sentence for each mistake.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    /// <summary>Returns whether the string sets an option.</summary>
    public bool Names(string option) => _named.Contains(option);

    /// <summary>Reads a connection string.</summary>
    public static RedisConnectionString Read(string text)
    {
        var read = new RedisConnectionString();
        text = text.Trim();
        if (text.Length == 0) read._mistakes.Add("a connection string must name a server, such as 'localhost:6379', but is blank.");
        else if (SchemeOf(text) is { } scheme) read.ReadUri(scheme, text[(scheme.Length + 3)..]);
        else
        {
            read.ReadParts(text.Split(','));
            read.Complete(static options => options.Ssl ? DefaultTlsPort : DefaultPort);
        }
        if (read._mistakes.Count == 0) read.CheckOptions();
        return read;
    }

    // user:password@host:6379,host2:6379/0?name=value&name=value
    private void ReadUri(string scheme, string rest)
    {
        if (!scheme.Equals("redis", StringComparison.OrdinalIgnoreCase) && !scheme.Equals("rediss", StringComparison.OrdinalIgnoreCase))
        {
            _mistakes.Add($"the scheme of a URI must be redis or rediss, but was '{scheme}'.");
            return;
        }
        if (rest.Contains('#'))
        {
            _mistakes.Add($"a URI must have no fragment, but has a '#'. {Escapes}");
            return;
        }
        var (beforeQuery, query) = Cut(rest, '?');
        var (authority, path) = Cut(beforeQuery, '/');
        var at = authority.LastIndexOf('@');
        if (at >= 0) ReadUser(authority[..at]);
        var hosts = authority[(at + 1)..].Split(',');
        for (var i = 0; i < hosts.Length; i++) ReadServer(hosts[i], i + 1, $" {Escapes}");
        if (_mistakes.Count > 0) return; // A password that is not escaped has cut the rest at the wrong places.
        if (!string.IsNullOrEmpty(path) && !ReadDatabase(path))
            _mistakes.Add($"the path of a URI must be the number of a database, such as /0, but is not a number. {Escapes}");
        var pairs = string.IsNullOrEmpty(query) ? [] : query.Split('&');
        for (var i = 0; i < pairs.Length; i++) ReadQuery(pairs[i], i + 1);

        Complete(static _ => DefaultPort);
        if (scheme.Length == "redis".Length) return;
        if (Names("ssl") && !Options.Ssl) _mistakes.Add("a rediss URI uses TLS, so it must not have ssl=false. Use redis, or leave the option out.");
        Options.Ssl = true;
    }

    private void Complete(Func<ConfigurationOptions, int> defaultPort)
    {
        if (_mistakes.Count > 0) return;
        Options = _parsed.Count > 0 ? ConfigurationOptions.Parse(string.Join(',', _parsed)) : new ConfigurationOptions();
        foreach (var set in _texts) set(Options);
        // A sentinel has a default port of its own.
        var port = Names("serviceName") ? 0 : defaultPort(Options);
        foreach (var server in _servers) Options.EndPoints.Add(WithPort(server, port));
    }

    private void ReadUser(string userInfo)
    {
        var (user, password) = Cut(userInfo, ':');
        if (password is null)
        {
            _mistakes.Add("a user must have a password: redis://user:password@host:6379. A password alone follows a colon: redis://:password@host:6379.");
            return;
        }
        if (!TryUnescape(user, out var name) || !TryUnescape(password, out var secret))
        {
            _mistakes.Add($"a '%' in the user or password must begin two hexadecimal digits. {Escapes}");
            return;
        }
        if (name.Length > 0) Set("user", options => options.User = name);
        Set("password", options => options.Password = secret);
    }

    private void ReadQuery(string pair, int number)
    {
        var (name, escaped) = Cut(pair, '=');
        if (escaped is null || !TryUnescape(escaped, out var value))
        {
            _mistakes.Add($"query option {number} must be name=value, but is not. {Escapes}");
            return;
        }
        ReadOption(name, value, $"query option {number}", mayShow: true);
    }

    // host:6379,host2:6379,name=value
    private void ReadParts(string[] parts)
    {
        var afterSecret = false;
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i].Trim();
            if (part.Length == 0) continue;
            var (name, value) = Cut(part, '=');
            if (value is not null && name.Length > 0)
            {
                ReadOption(name.Trim(), value.Trim(), $"part {i + 1}", mayShow: !afterSecret);
                afterSecret |= IsSecret(name.Trim());
            }
            else if (afterSecret)
            {
                _mistakes.Add($"part {i + 1} must be name=value, because it follows a password. Name servers first. {Commas}");
            }
            else
            {
                ReadServer(part, i + 1, part.Contains('@') ? " A user and a password need a URI: redis://user:password@host:6379/0."
                    : part.Contains('/') ? " A database needs a URI, redis://host:6379/0, or the option defaultDatabase=0." : "");
            }
        }
        if (_mistakes.Count == 0 && _servers.Count == 0) _mistakes.Add("a connection string must name a server, such as 'localhost:6379', but names none.");
    }

    private void ReadOption(string name, string value, string place, bool mayShow)
    {
        try
        {
            switch (name.ToUpperInvariant())
            {
                // These may hold a comma, and any text is right.
                case "PASSWORD": Set(name, options => options.Password = value); return;
                case "USER": Set(name, options => options.User = value); return;
                case "SENTINELPASSWORD": Set(name, options => options.SentinelPassword = value); return;
                case "SENTINELUSER": Set(name, options => options.SentinelUser = value); return;
                case "NAME": Set(name, options => options.ClientName = value); return;
                case "SERVICENAME": Set(name, options => options.ServiceName = value); return;
                case "CHANNELPREFIX": Set(name, options => options.ChannelPrefix = RedisChannel.Literal(value)); return;
            }
            if (value.Contains(',')) throw new FormatException();
            ConfigurationOptions.Parse($"{name}={value}"); // StackExchange.Redis knows the options and their values.
            _parsed.Add($"{name}={value}");
            _named.Add(name);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            var isKnown = Known.Contains(name, StringComparer.OrdinalIgnoreCase);
            if (isKnown) _mistakes.Add($"the value of {name} ({place}) is not valid{(mayShow && !IsSecret(name) ? $": '{value}'" : "")}.");
            else if (mayShow && Known.MinBy(one => Distance(name, one)) is { } near && Distance(name, near) <= 2)
                _mistakes.Add($"there is no option '{name}' ({place}). Use '{near}'.");
            else _mistakes.Add($"{place} names no option. It is not shown, because it may be part of a password. {Commas} The options are {string.Join(", ", Known)}.");
        }
    }

    private void ReadServer(string text, int number, string advice)
    {
        if (text.StartsWith('!') && ConfigurationOptions.Parse(text).EndPoints is [var socket])
        {
            _servers.Add(socket);
            return;
        }
        var (host, port) = HostAndPort(text);
        if (!IPAddress.TryParse(host.Trim('[', ']'), out var ip) && !IsHostName(host))
        {
            _mistakes.Add($"server {number} must be a host, or a host and a port (localhost:6379), but is not.{advice}");
            return;
        }
        var isNumber = long.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed);
        if (port is not null && (!isNumber || parsed is < 1 or > 65535))
        {
            _mistakes.Add($"the port of server {number} must be 1 to 65535, but {(isNumber ? $"was {parsed}" : "is not a number")}.{advice}");
            return;
        }
        _servers.Add(ip is not null ? new IPEndPoint(ip, (int)parsed) : new DnsEndPoint(host, (int)parsed));
    }

    private bool ReadDatabase(string path)
    {
        if (!int.TryParse(path.TrimEnd('/'), NumberStyles.None, CultureInfo.InvariantCulture, out var database)) return false;
        Set("defaultDatabase", options => options.DefaultDatabase = database);
        return true;
    }

    // Refuses values that StackExchange.Redis accepts and that cannot work.
    private void CheckOptions()
    {
        Positive("asyncTimeout", Options.AsyncTimeout);
        Positive("connectTimeout", Options.ConnectTimeout);
        Positive("syncTimeout", Options.SyncTimeout);
        if (Options.DefaultDatabase < 0) _mistakes.Add($"defaultDatabase must be 0 or more, but was {Options.DefaultDatabase}.");
        if (Names("user") && !Names("password")) _mistakes.Add("a user must have a password, but the option password is missing.");
        if (Names("serviceName") && string.IsNullOrWhiteSpace(Options.ServiceName)) _mistakes.Add("serviceName must name the service of the sentinels, but is blank.");

        void Positive(string option, int milliseconds)
        {
            if (Names(option) && milliseconds < 1) _mistakes.Add($"{option} must be 1 ms or more, but was {milliseconds}.");
        }
    }

    private void Set(string name, Action<ConfigurationOptions> set)
    {
        _texts.Add(set);
        _named.Add(name);
    }

    private static EndPoint WithPort(EndPoint server, int port) => server switch
    {
        IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, port),
        DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, port),
        _ => server,
    };

    private const string Escapes = "Write the characters %, @, :, /, ?, # and & of a user or password as %25, %40, %3A, %2F, %3F, %23 and %26.";

    private const string Commas = "A password with a comma needs a URI: redis://:password@host:6379.";

    private static bool IsSecret(string name) => name.EndsWith("password", StringComparison.OrdinalIgnoreCase);

    private static string? SchemeOf(string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        const int MaxScheme = 30;
        return end is > 0 and <= MaxScheme && char.IsAsciiLetter(text[0]) && text.AsSpan(0, end).IndexOfAnyExcept(SchemeChars) < 0 ? text[..end] : null;
    }

    private static readonly System.Buffers.SearchValues<char> SchemeChars =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    private static (string Host, string? Port) HostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        // More than one colon without brackets is an IPv6 address without a port.
        if (colon < 0 || text.EndsWith(']') || (!text.StartsWith('[') && text.IndexOf(':') != colon)) return (text, null);
        return (text[..colon], text[(colon + 1)..]);
    }

    private static bool IsHostName(string host) =>
        host.Length is > 0 and <= 253 && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static (string Before, string? After) Cut(string text, char at) =>
        text.IndexOf(at) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : (text, null);

    private static bool TryUnescape(string text, out string unescaped)
    {
        for (var i = text.IndexOf('%'); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2])) continue;
            unescaped = "";
            return false;
        }
        unescaped = Uri.UnescapeDataString(text);
        return true;
    }

    // The number of characters to insert, delete or replace (Levenshtein).
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var cost = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
