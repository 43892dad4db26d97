using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using RestMq.Access;

namespace RestMq.Sample.Access;

/// <summary>The settings of <see cref="AccessSettings"/>, read once and asked often.</summary>
internal sealed class AccessRules
{
    private readonly List<Caller> _keys = [];
    private readonly List<Caller> _users = [];
    private readonly Dictionary<string, Caller> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NetworkRules> _networks = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Category> _anonymous;

    /// <summary>Reads the settings; what is wrong with them goes to <paramref name="errors"/>, a sentence each.</summary>
    public AccessRules(AccessSettings settings, List<string> errors)
    {
        AddCallers("Keys", settings.Keys, _keys, errors);
        AddCallers("Users", settings.Users, _users, errors);
        HasAclFile = settings.AclFile is not null;
        _anonymous = Roles("Access:Anonymous", settings.Anonymous, errors);
        foreach (var (category, lists) in settings.Networks)
        {
            if (!Enum.TryParse<Category>(category, ignoreCase: true, out _))
                errors.Add($"Access:Networks:{category} is no category; there are {string.Join(", ", Enum.GetNames<Category>())}.");
            _networks[category] = new NetworkRules(
                Networks($"Access:Networks:{category}:Allow", lists.Allow, errors), Networks($"Access:Networks:{category}:Deny", lists.Deny, errors));
        }
    }

    /// <summary>Whether there are users, so that a browser may ask for a password.</summary>
    public bool HasUsers => _users.Count > 0;

    /// <summary>Whether there is an ACL file of the original, with its cookie for WebSockets.</summary>
    public bool HasAclFile { get; }

    public Caller? OfKey(string key) => Find(_keys, key, name: null);

    public Caller? OfUser(string name, string password) => Find(_users, password, name);

    /// <summary>Whether a network is refused, whoever it is that calls from it.</summary>
    public bool Excludes(RestMqAccess access) => !NetworksOf(access).LetsIn(access.Context.Connection.RemoteIpAddress);

    /// <summary>Whether a caller may, from where it calls.</summary>
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
        // Nobody is known: as without these settings, but that networks may have been let in to administer.
        return category != Category.Admin || LocalCaller.Is(access.Context) || (NetworksOf(access).Allows && !ForeignPage.Sends(access.Context.Request));
    }

    public static List<System.Net.IPNetwork> Networks(string setting, List<string> texts, List<string> errors)
    {
        var networks = new List<System.Net.IPNetwork>();
        foreach (var text in texts)
        {
            if (!NetworkRules.TryParse(text, networks))
                errors.Add($"{setting} holds '{text}', which is no network: give all, an address, 10.0.0.0/8, or a beginning such as 10.1.");
        }
        return networks;
    }

    // Every secret is compared, and each in constant time, so that the time it takes tells nothing of any.
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
            if (setting.Name.Length == 0) errors.Add($"{where}:Name is missing.");
            if (Hash(where, setting, errors) is not { } hash) continue;
            if (callers.Exists(other => list == "Keys" && other.Hash.AsSpan().SequenceEqual(hash))) errors.Add($"{where} has a key that another has.");
            if (setting.Roles.Count == 0) errors.Add($"{where}:Roles is empty: give produce, consume, stream, admin, or some of them.");
            var caller = new Caller(setting.Name, hash, Roles($"{where}:Roles", setting.Roles, errors), setting.Queues.Count == 0 ? ["*"] : setting.Queues);
            if (!_byName.TryAdd(caller.Name, caller)) errors.Add($"{where}:Name is '{caller.Name}', as another's is.");
            callers.Add(caller);
        }
    }

    private static byte[]? Hash(string where, CallerSettings setting, List<string> errors)
    {
        if (string.IsNullOrEmpty(setting.Secret) == string.IsNullOrEmpty(setting.Sha256))
        {
            errors.Add($"{where} has one of Secret and Sha256.");
            return null;
        }
        if (!string.IsNullOrEmpty(setting.Secret)) return SHA256.HashData(Encoding.UTF8.GetBytes(setting.Secret));
        if (setting.Sha256!.Length == 2 * SHA256.HashSizeInBytes && setting.Sha256.All(char.IsAsciiHexDigit)) return Convert.FromHexString(setting.Sha256);
        errors.Add($"{where}:Sha256 is not 64 hexadecimal digits.");
        return null;
    }

    private static List<Category> Roles(string setting, List<string> texts, List<string> errors)
    {
        var roles = new List<Category>();
        foreach (var text in texts)
        {
            var found = Categories.Parse(text);
            if (found.Length == 0) errors.Add($"{setting} holds '{text}', which is no role: there are produce, consume, stream and admin.");
            roles.AddRange(found);
        }
        return roles;
    }
}
