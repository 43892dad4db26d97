using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace RestMq.Sample.Access;

/// <summary>Who may do what, and what stands in front of the queues, as the settings <c>Access</c> and <c>Site</c> say. Without them this adds nothing.</summary>
internal static class AccessExtensions
{
    private const string Policy = "RestMQ";

    // What a page's script may read of a reply.
    private static readonly string[] Exposed =
    [
        "Location", "Link", "Retry-After", "RestMQ-Key", "RestMQ-Count", "RestMQ-Receipt", "RestMQ-Length", "RestMQ-Oldest-Age", "RestMQ-Consumers",
    ];

    public static void AddAccess(this WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetSection("Access").Exists())
        {
            builder.Services.AddSingleton<AccessStore>();
            builder.Services.AddSingleton<IAuthorizationHandler, AccessHandler>();
            // Without the data protection that AddAuthentication brings: nothing here is encrypted, and it would keep keys and warn of them.
            builder.Services.AddAuthenticationCore(options => options.DefaultScheme = CallerAuthentication.SchemeName).AddWebEncoders();
            new AuthenticationBuilder(builder.Services)
                .AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.SchemeName, null);
            builder.Services.AddAuthorization(options => options.AddPolicy(Policy, policy => policy.AddRequirements(new AccessRequirement())));
        }
        var site = SiteOf(builder.Configuration);
        builder.Services.AddSingleton(site);
        if (site.Origins.Count > 0)
        {
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins([.. site.Origins]).AllowAnyHeader().AllowAnyMethod()
                .WithExposedHeaders(Exposed)));
            // A browser asks no CORS question before it opens a WebSocket.
            if (!site.Origins.Contains("*")) builder.Services.Configure<WebSocketOptions>(options => site.Origins.ForEach(options.AllowedOrigins.Add));
        }
        if (site.RequestsPerSecond > 0) builder.Services.AddRateLimiter(limiter => Limit(limiter, site));
    }

    /// <summary>Puts in front of the queues what <see cref="AddAccess"/> has added.</summary>
    public static void UseAccess(this WebApplication app)
    {
        var site = app.Services.GetRequiredService<SiteSettings>();
        var hasRules = app.Services.GetService<AccessStore>() is not null; // And they are read now: a mistake in them ends the start.
        if (site.KnownProxies.Count > 0) app.UseForwardedHeaders(Forwarded(site));
        if (site.PathBase.Length > 0)
        {
            app.UsePathBase(site.PathBase);
            app.UseRouting(); // After the path is what the routes know.
        }
        if (site.Origins.Count > 0) app.UseCors();
        if (hasRules) app.UseAuthentication(); // Before a caller is counted.
        if (site.RequestsPerSecond > 0) app.UseRateLimiter();
    }

    /// <summary>Asks the rules before anything is done for a role.</summary>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder endpoints, IConfiguration configuration) where TBuilder : IEndpointConventionBuilder
    {
        if (!configuration.GetSection("Access").Exists()) return endpoints;
        foreach (var role in Enum.GetValues<RestMqRole>()) endpoints.RequireAuthorization(role, Policy);
        return endpoints;
    }

    /// <summary>Whether a caller may know how the host is inside: without rules everybody, with them who administers.</summary>
    public static bool MayLookInside(this HttpContext context) =>
        context.RequestServices.GetService<AccessStore>() is not { } store || store.Rules.Lets(new RestMqAccess(context, RestMqRole.Admin, null), context.User);

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

    // Probes of health are not counted. A stream counts once, however long it lasts, and so does each frame that a WebSocket's client sends.
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
            var detail = string.Create(CultureInfo.InvariantCulture, $"This caller makes more than {site.RequestsPerSecond} requests a second.");
            await response.WriteAsync(
                $$"""{"type":"urn:restmq:too-many-requests","title":"Too many requests","status":429,"detail":"{{detail}}"}""" + "\r\n", cancellationToken);
        };
    }
}
