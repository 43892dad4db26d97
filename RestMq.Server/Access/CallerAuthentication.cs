using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using RestMq.Access;

namespace RestMq.Server.Access;

/// <summary>
/// Authenticates a caller by an API key or by HTTP Basic. A key is in <c>X-Api-Key</c> or <c>Authorization: Bearer</c>.
/// On a stream it may be in <c>?api_key=</c>, because a browser's EventSource and WebSocket cannot set headers. With an
/// ACL file of the original, a WebSocket may also send the original's cookie, <c>auth=user:password</c>.
/// </summary>
internal sealed class CallerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessStore store, SiteSettings site)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "RestMQ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    // A caller from a refused network gets 403, not 401: credentials would not help.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (AccessHandler.IsExcluded(Context))
        {
            Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        if (store.Rules.HasUsers) Response.Headers.Append("WWW-Authenticate", "Basic realm=\"RestMQ\", charset=\"UTF-8\"");
        Response.Headers.Append("WWW-Authenticate", "Bearer realm=\"RestMQ\"");
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        var rules = store.Rules;
        var headers = Request.Headers;
        if (headers.TryGetValue("X-Api-Key", out var key)) return Known(rules.OfKey(key.ToString()));
        if (AuthenticationHeaderValue.TryParse(headers.Authorization, out var given) && given.Parameter is { } parameter)
        {
            if (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) return Known(rules.OfKey(parameter));
            if (given.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && IsMeant) return Known(OfBasic(rules, parameter));
        }
        if (rules.HasAclFile && IsWebSocket && Request.Cookies["auth"] is { } pair && !ForeignPage.Sends(Request)) return Known(OfPair(rules, pair));
        return IsStream && Request.Query.TryGetValue("api_key", out var inUrl) ? Known(rules.OfKey(inUrl.ToString())) : AuthenticateResult.NoResult();
    }

    // Whether a stored password of the browser counts. A browser adds it also to requests of another site's page
    // (cross-site request forgery). Pages of the origins in the settings may call, and a link from any site may lead to
    // a page here. Allowed scripts (JSONP) and pages of all origins (*) get no right from a stored password.
    private bool IsMeant => !ForeignPage.Sends(Request) || site.Origins.Contains(Request.Headers.Origin.ToString()) || ForeignPage.IsLink(Context);

    private RestMqRole? Role => Context.GetEndpoint()?.Metadata.GetMetadata<RestMqEndpointMetadata>()?.Role;

    private bool IsStream => Role is RestMqRole.Stream;

    // Not WebSockets.IsWebSocketRequest: only the endpoint adds UseWebSockets(), which runs later.
    // Over HTTP/2 and later a WebSocket has no Upgrade header, but the method CONNECT with a protocol (RFC 8441).
    private bool IsWebSocket => IsStream && (
        Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
        || Context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" });

    private static Caller? OfPair(AccessRules rules, string text) =>
        text.IndexOf(':') is >= 0 and var colon ? rules.OfUser(text[..colon], text[(colon + 1)..]) : null;

    private static Caller? OfBasic(AccessRules rules, string parameter)
    {
        var bytes = new byte[parameter.Length];
        return Convert.TryFromBase64String(parameter, bytes, out var length) ? OfPair(rules, Encoding.UTF8.GetString(bytes, 0, length)) : null;
    }

    private AuthenticateResult Known(Caller? caller)
    {
        if (caller is null)
            return AuthenticateResult.Fail("The key or password must be of a known caller, but is of none.");
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name), new Claim(Caller.SecretClaim, caller.Secret)], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
