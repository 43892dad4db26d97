namespace RestMq.Sample.Access;

/// <summary>The section <c>Site</c> of the settings: what stands in front of the queues.</summary>
internal sealed class SiteSettings
{
    /// <summary>The proxies and networks whose <c>X-Forwarded-*</c> headers are believed. None by default.</summary>
    public List<string> KnownProxies { get; set; } = [];

    /// <summary>The origins whose pages may call, such as <c>https://example.org</c>; <c>*</c> for all. None by default.</summary>
    public List<string> Origins { get; set; } = [];

    /// <summary>Requests a second that one caller may go on making; beyond it 429. 0, the default, for no limit.</summary>
    public int RequestsPerSecond { get; set; }

    /// <summary>Requests that one caller may make at once. <value>Twice <see cref="RequestsPerSecond"/>.</value></summary>
    public int Burst { get; set; }

    /// <summary>The path under which a proxy shows this host, such as <c>/mq</c>. None by default.</summary>
    public string PathBase { get; set; } = "";

    /// <summary>Reads the section; gives what is wrong with it, a sentence each.</summary>
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
                errors.Add($"Site:Origins holds '{origin}'; an origin is such as https://example.org, without a path.");
        }
        if (RequestsPerSecond is < 0 or > 1_000_000) errors.Add($"Site:RequestsPerSecond is {RequestsPerSecond}; it is 0 to 1000000.");
        if (Burst is < 0 or > 1_000_000) errors.Add($"Site:Burst is {Burst}; it is 0 to 1000000.");
        if (PathBase.Length > 0 && (PathBase[0] != '/' || PathBase[^1] == '/')) errors.Add($"Site:PathBase is '{PathBase}'; it begins with a slash and ends without.");
        return errors;
    }
}
