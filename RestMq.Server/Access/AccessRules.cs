using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using RestMq.Access;

namespace RestMq.Server.Access;

/// <summary>Holds the rules of <see cref="AccessSettings"/>, parsed once for many checks.</summary>
internal sealed class AccessRules
{
    private readonly List<Caller> _keys = [];
    private readonly List<Caller> _users = [];
    private readonly Dictionary<string, Caller> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NetworkRules> _networks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Category> _anonymous;

    /// <summary>Reads the settings. Each mistake adds a sentence to <paramref name="errors"/>.</summary>
    public AccessRules(AccessSettings settings, List<string> errors)
    {
        AddCallers("Keys", settings.Keys, _keys, errors);
        AddCallers("Users", settings.Users, _users, errors);
        HasAclFile = settings.AclFile is not null;
        _anonymous = Roles("Access:Anonymous", settings.Anonymous, errors);
        foreach (var (category, lists) in settings.Networks)
        {
            if (!Enum.TryParse<Category>(category, ignoreCase: true, out _))
            {
                errors.Add(
                    $"Access:Networks must hold categories ({string.Join(", ", Enum.GetNames<Category>())}), "
                    + $"but holds '{category}'.");
            }
            _networks[category] = new NetworkRules(
                Networks($"Access:Networks:{category}:Allow", lists.Allow, errors), Networks($"Access:Networks:{category}:Deny", lists.Deny, errors));
        }
    }

    /// <summary>Gets whether the rules have users, so that a browser may ask for a password.</summary>
    public bool HasUsers => _users.Count > 0;

    /// <summary>
    /// Gets whether the rules have an ACL file of the original, which also allows a cookie on WebSockets.
    /// </summary>
    public bool HasAclFile { get; }

    public Caller? OfKey(string key) => Find(_keys, key, name: null);

    public Caller? OfUser(string name, string password) => Find(_users, password, name);

    /// <summary>
    /// Returns whether the caller's network is refused, whatever credentials the caller has. An allowed loopback
    /// address stands for callers on this machine, not for those of a proxy on this machine.
    /// </summary>
    public bool Excludes(RestMqAccess access)
    {
        var networks = NetworksOf(access);
        if (networks.IsEmpty) return false;
        var address = CallerAddress.Of(access.Context);
        return !networks.LetsIn(address)
            || (networks.Allows && address is not null && IPAddress.IsLoopback(address) && !LocalCaller.IsOnThisMachine(access.Context));
    }

    /// <summary>Returns whether the rules allow a caller, by its network and its credentials.</summary>
    public bool Lets(RestMqAccess access, ClaimsPrincipal user)
    {
        if (Excludes(access)) return false;
        var category = Categories.Of(access);
        if (_anonymous.Contains(category)) return true;
        if (_byName.Count > 0)
        {
            return user.Identity is { IsAuthenticated: true, Name: { } name } && _byName.TryGetValue(name, out var caller)
                && user.HasClaim(Caller.SecretClaim, caller.Secret) && caller.May(category, access.Queue);
        }
        // Without keys and users: as without the section Access, except that allowed networks may administer.
        return category != Category.Admin || LocalCaller.Is(access.Context) || (NetworksOf(access).Allows && !ForeignPage.Sends(access.Context.Request));
    }

    public static List<System.Net.IPNetwork> Networks(string setting, List<string> texts, List<string> errors)
    {
        var networks = new List<System.Net.IPNetwork>();
        foreach (var text in texts)
        {
            if (!NetworkRules.TryParse(text, networks))
            {
                errors.Add(
                    $"{setting} must hold networks (all, an address, 10.0.0.0/8, or a prefix such as 10.1.), "
                    + $"but holds '{text}'.");
            }
        }
        return networks;
    }

    // Compares every secret, each in constant time, so that the time of a check reveals nothing about a secret (timing
    // attack).
    private static Caller? Find(List<Caller> callers, string secret, string? name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        Caller? found = null;
        foreach (var caller in callers)
        {
            if (CryptographicOperations.FixedTimeEquals(caller.Hash, hash) & (name is null || name == caller.Name)) found = caller;
        }
        return found;
    }

    private NetworkRules NetworksOf(RestMqAccess access) => _networks.GetValueOrDefault(Categories.Of(access).ToString(), NetworkRules.None);

    private void AddCallers(string list, List<CallerSettings> settings, List<Caller> callers, List<string> errors)
    {
        for (var i = 0; i < settings.Count; i++)
        {
            var setting = settings[i];
            var where = $"Access:{list}:{i}";
            if (setting.Name.Length == 0) errors.Add($"{where}:Name must not be empty.");
            if (Hash(where, setting, errors) is not { } hash) continue;
            if (callers.Exists(other => list == "Keys" && other.Hash.AsSpan().SequenceEqual(hash)))
                errors.Add($"{where} must have its own key, but another entry has the same key.");
            if (setting.Roles.Count == 0)
            {
                errors.Add(
                    $"{where}:Roles must have at least one of produce, consume, stream and admin, but is empty.");
            }
            var caller = new Caller(setting.Name, hash, Roles($"{where}:Roles", setting.Roles, errors), setting.Queues.Count == 0 ? ["*"] : setting.Queues);
            if (!_byName.TryAdd(caller.Name, caller))
                errors.Add($"{where}:Name must be unique, but another entry has '{caller.Name}' too.");
            callers.Add(caller);
        }
    }

    private static byte[]? Hash(string where, CallerSettings setting, List<string> errors)
    {
        if (string.IsNullOrEmpty(setting.Secret) == string.IsNullOrEmpty(setting.Sha256))
        {
            errors.Add($"{where} must have exactly one of Secret and Sha256.");
            return null;
        }
        if (!string.IsNullOrEmpty(setting.Secret)) return SHA256.HashData(Encoding.UTF8.GetBytes(setting.Secret));
        if (setting.Sha256!.Length == 2 * SHA256.HashSizeInBytes && setting.Sha256.All(char.IsAsciiHexDigit)) return Convert.FromHexString(setting.Sha256);
        errors.Add($"{where}:Sha256 must be 64 hexadecimal digits, but is not.");
        return null;
    }

    private static List<Category> Roles(string setting, List<string> texts, List<string> errors)
    {
        var roles = new List<Category>();
        foreach (var text in texts)
        {
            var found = Categories.Parse(text);
            if (found.Length == 0)
                errors.Add($"{setting} must hold roles (produce, consume, stream, admin), but holds '{text}'.");
            roles.AddRange(found);
        }
        return roles;
    }
}
