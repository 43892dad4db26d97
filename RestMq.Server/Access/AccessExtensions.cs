using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using RestMq.Access;

namespace RestMq.Server.Access;

/// <summary>
/// Adds authentication, authorization and middleware by the settings <c>Access</c> and <c>Site</c>. Without these
/// settings it adds nothing.
/// </summary>
internal static class AccessExtensions
{
    private const string Policy = "RestMQ";

    // The headers that a page of another origin may read (CORS).
    private static readonly string[] Exposed =
    [
        "Location", "Link", "Retry-After", "RestMQ-Key", "RestMQ-Count", "RestMQ-Receipt", "RestMQ-Length", "RestMQ-Oldest-Age", "RestMQ-Consumers",
        "Last-Event-ID",
    ];

    public static void AddAccess(this WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetSection("Access").Exists())
        {
            builder.Services.AddSingleton<AccessStore>();
            builder.Services.AddSingleton<IAuthorizationHandler, AccessHandler>();
            // Not AddAuthentication: it adds data protection, which stores keys and logs warnings about them. Nothing
            // here is encrypted.
            builder.Services.AddAuthenticationCore(options => options.DefaultScheme = CallerAuthentication.SchemeName).AddWebEncoders();
            new AuthenticationBuilder(builder.Services)
                .AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.SchemeName, null);
            builder.Services.AddAuthorization(options => options.AddPolicy(Policy, policy => policy.AddRequirements(new AccessRequirement())));
        }
        var site = SiteOf(builder.Configuration);
        builder.Services.AddSingleton(site);
        builder.Services.AddSingleton<ConnectionLimits>();
        builder.WebHost.ConfigureKestrel(kestrel => ConnectionLimits.Set(kestrel, site));
        // RestMQ's routes check AllowedHosts themselves, with a problem as the reply and a safe default. The framework's
        // middleware would reply first, with a page.
        builder.Services.Configure<HostFilteringOptions>(options => options.AllowedHosts = ["*"]);
        if (site.Origins.Count > 0)
        {
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => Allow(policy, site.Origins)));
            // Browsers do not apply CORS to WebSockets, so the upgrade checks the origin.
            if (!site.Origins.Contains("*")) builder.Services.Configure<WebSocketOptions>(options => site.Origins.ForEach(options.AllowedOrigins.Add));
        }
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = site.MinUploadRate == 0
            ? null
            : new MinDataRate(site.MinUploadRate, TimeSpan.FromSeconds(5)));
        if (site.RequestsPerSecond > 0) builder.Services.AddRateLimiter(limiter => Limit(limiter, site));
    }

    /// <summary>Adds the middleware for the services of <see cref="AddAccess"/>.</summary>
    public static void UseAccess(this WebApplication app)
    {
        var site = app.Services.GetService<SiteSettings>()
            ?? throw new InvalidOperationException(
                "UseRestMqServer() needs the services of a host. Call builder.AddRestMqServer() before the application is built.");
        // Getting the store reads the rules, so that a mistake in them fails the start.
        var hasRules = app.Services.GetService<AccessStore>() is not null;
        if (site.KnownProxies.Count > 0)
        {
            app.Use(static (context, next) =>
            {
                ReceivedRequest.Remember(context);
                return next(context);
            });
            app.UseForwardedHeaders(Forwarded(site));
        }
        if (site.PathBase.Length > 0)
        {
            app.UsePathBase(site.PathBase);
            app.UseRouting(); // After UsePathBase: the routes match the path without the base.
        }
        if (site.Origins.Count > 0) app.UseCors();
        if (hasRules) app.UseAuthentication(); // Before the rate limiter, which counts by caller.
        if (site.RequestsPerSecond > 0) app.UseRateLimiter();
    }

    /// <summary>
    /// Requires the access rules for every role of the endpoints, and allows the requests of other sites' pages that the
    /// section <c>Site</c> allows.
    /// </summary>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder endpoints, IConfiguration configuration) where TBuilder : IEndpointConventionBuilder
    {
        var site = SiteOf(configuration);
        if (site.Origins.Count > 0) endpoints.AllowOrigins([.. site.Origins]);
        if (site.Jsonp) endpoints.AllowJsonp();
        if (!configuration.GetSection("Access").Exists()) return endpoints;
        foreach (var role in Enum.GetValues<RestMqRole>()) endpoints.RequireAuthorization(role, Policy);
        return endpoints;
    }

    /// <summary>
    /// Returns whether a caller may see internals of the host, such as health details. Without access rules callers on
    /// this machine may, with them callers that may administer.
    /// </summary>
    public static bool MayLookInside(this HttpContext context) =>
        context.RequestServices.GetService<AccessStore>() is not { } store ? LocalCaller.Is(context) : store.Rules.Lets(new RestMqAccess(context, RestMqRole.Admin, null), context.User);

    private static SiteSettings SiteOf(IConfiguration configuration)
    {
        var site = new SiteSettings();
        var mistakes = site.Read(configuration.GetSection("Site"));
        return mistakes.Count > 0 ? throw new OptionsValidationException("Site", typeof(SiteSettings), mistakes) : site;
    }

    private static ForwardedHeadersOptions Forwarded(SiteSettings site)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All, ForwardLimit = null };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var network in AccessRules.Networks("", site.KnownProxies, [])) options.KnownIPNetworks.Add(network);
        return options;
    }

    // A page of a named origin may send the credentials of its user: a password that the browser has stored, or a
    // certificate. The Fetch standard forbids that where every origin is allowed.
    private static void Allow(CorsPolicyBuilder policy, List<string> origins)
    {
        policy.WithOrigins([.. origins]).AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(Exposed);
        if (!origins.Contains("*")) policy.AllowCredentials();
    }

    // Health probes are not counted. A stream counts as one request, however long it lasts. Each frame of a WebSocket's
    // client counts as one request.
    private static void Limit(Microsoft.AspNetCore.RateLimiting.RateLimiterOptions limiter, SiteSettings site)
    {
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = site.Burst > 0 ? site.Burst : 2 * site.RequestsPerSecond,
            TokensPerPeriod = site.RequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            RateLimitPartition.GetTokenBucketLimiter(context.User.Identity?.Name ?? context.Connection.RemoteIpAddress?.ToString() ?? "", _ => bucket));
        limiter.OnRejected = async (rejected, cancellationToken) =>
        {
            var response = rejected.HttpContext.Response;
            response.StatusCode = StatusCodes.Status429TooManyRequests;
            response.Headers.RetryAfter = "1";
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            response.ContentType = "application/problem+json";
            var detail = string.Create(
                CultureInfo.InvariantCulture,
                $"A caller must send at most {site.RequestsPerSecond} requests a second, but sent more. Retry later.");
            await response.WriteAsync(
                $$"""{"type":"urn:restmq:too-many-requests","title":"Too many requests","status":429,"detail":"{{detail}}"}""" + "\r\n", cancellationToken);
        };
    }
}
