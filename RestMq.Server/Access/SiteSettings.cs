namespace RestMq.Server.Access;

/// <summary>
/// Holds the section <c>Site</c> of the settings: proxies, origins, and limits of requests and connections.
/// </summary>
internal sealed class SiteSettings
{
    /// <summary>Gets or sets the proxies and networks whose <c>X-Forwarded-*</c> headers are trusted.</summary>
    /// <value>None.</value>
    public List<string> KnownProxies { get; set; } = [];

    /// <summary>
    /// Gets or sets the origins whose pages may call, such as <c>https://example.org</c>; <c>*</c> for all.
    /// </summary>
    /// <value>None.</value>
    public List<string> Origins { get; set; } = [];

    /// <summary>
    /// Gets or sets whether a request with <c>callback</c> gets a script that calls the function of that name (JSONP).
    /// Every page that a user opens can then add, take and read with the rights of the user's browser on this host.
    /// </summary>
    /// <value>False: such a request gets 403.</value>
    public bool Jsonp { get; set; }

    /// <summary>
    /// Gets or sets the requests a second that one caller may send continuously. Requests beyond it get 429.
    /// </summary>
    /// <value>0: no limit.</value>
    public int RequestsPerSecond { get; set; }

    /// <summary>Gets or sets the requests that one caller may send at once.</summary>
    /// <value>0: twice <see cref="RequestsPerSecond"/>.</value>
    public int Burst { get; set; }

    /// <summary>
    /// Gets or sets the bytes a second that a body must have on average, 5 seconds after it began. A slower body gets
    /// 408.
    /// </summary>
    /// <value>240, as Kestrel itself has it. 0: no limit.</value>
    public int MinUploadRate { get; set; } = 240;

    /// <summary>Gets or sets the path under which a proxy serves this host, such as <c>/mq</c>.</summary>
    /// <value>None.</value>
    public string PathBase { get; set; } = "";

    /// <summary>Gets or sets the most connections of the host, without WebSockets. One more is closed.</summary>
    /// <value>Null: one for each 32 KiB of the memory that the process may use, between 1000 and 50,000.</value>
    public int? MaxConnections { get; set; }

    /// <summary>Gets or sets the most WebSockets of the host. One more is refused.</summary>
    /// <value>Null: as many as <see cref="MaxConnections"/>.</value>
    public int? MaxWebSockets { get; set; }

    /// <summary>
    /// Gets or sets the most connections of one address, WebSockets included; 0 for no limit. One more is closed. Addresses
    /// of <see cref="KnownProxies"/> have no limit.
    /// </summary>
    /// <value>Null: 1000, and no limit for callers on this machine.</value>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>Reads the section. Returns a sentence for each mistake.</summary>
    public List<string> Read(IConfiguration section)
    {
        var errors = new List<string>();
        try
        {
            section.Bind(this, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            errors.Add($"Site: {e.Message}");
        }
        AccessRules.Networks("Site:KnownProxies", KnownProxies, errors);
        foreach (var origin in Origins)
        {
            if (origin != "*" && !(Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.GetLeftPart(UriPartial.Authority) == origin))
            {
                errors.Add(
                    "Site:Origins must hold origins without a path, such as https://example.org, "
                    + $"but holds '{origin}'.");
            }
        }
        if (RequestsPerSecond is < 0 or > 1_000_000)
            errors.Add($"Site:RequestsPerSecond must be 0 to 1000000, but was {RequestsPerSecond}.");
        if (Burst is < 0 or > 1_000_000) errors.Add($"Site:Burst must be 0 to 1000000, but was {Burst}.");
        if (MaxConnections is < 1 or > 1_000_000)
            errors.Add($"Site:MaxConnections must be 1 to 1000000, but was {MaxConnections}.");
        if (MaxWebSockets is < 0 or > 1_000_000) errors.Add($"Site:MaxWebSockets must be 0 to 1000000, but was {MaxWebSockets}.");
        if (MaxConnectionsPerAddress is < 0 or > 1_000_000)
            errors.Add($"Site:MaxConnectionsPerAddress must be 0 to 1000000, but was {MaxConnectionsPerAddress}.");
        if (MinUploadRate is < 0 or > 1_000_000) errors.Add($"Site:MinUploadRate must be 0 to 1000000, but was {MinUploadRate}.");
        if (PathBase.Length > 0 && (PathBase[0] != '/' || PathBase[^1] == '/'))
            errors.Add($"Site:PathBase must begin with a slash and not end with one, but was '{PathBase}'.");
        return errors;
    }
}
