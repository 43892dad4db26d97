using System.Net;
using System.Text.Json;

namespace RestMq.Client;

/// <summary>
/// Represents a request that the host refused. The host explains the refusal with problem details (RFC 9457), whose
/// types are listed in <c>docs/reference/problem-types.md</c>. For a reply that another server sent, such as a proxy,
/// only <see cref="Status"/> is set.
/// </summary>
public sealed class RestMqClientException : HttpRequestException
{
    // Problem details are short. The error page of a proxy may be of any length.
    private const int Longest = 64 * 1024;

    internal RestMqClientException(HttpStatusCode status, string? type, string? title, string? detail, TimeSpan? retryAfter)
        : base($"The RestMQ host answered {(int)status}: {detail ?? title ?? status.ToString()}", null, status) =>
        (Status, Type, Title, Detail, RetryAfter) = ((int)status, type, title, detail, retryAfter);

    internal RestMqClientException(Exception? inner)
        : base("The reply is not one of a RestMQ host. Check the address of the host.", inner, HttpStatusCode.OK) =>
        Status = (int)HttpStatusCode.OK;

    /// <summary>Reports a redirect. The client follows none, since a redirected POST becomes a GET.</summary>
    internal static RestMqClientException Redirected(HttpStatusCode status, Uri? location, string what) => new(
        status, null, "Redirected",
        $"The address must be that of the host, but {what} by a redirect to {location?.ToString() ?? "an unknown place"}. Set the "
        + "address that the redirect names: a redirected POST becomes a GET, so redirects are not followed.", null);

    /// <summary>Gets the HTTP status, such as 429. It is 200 for a success that no RestMQ host sent.</summary>
    public int Status { get; }

    /// <summary>
    /// Gets the problem type, such as <c>urn:restmq:full</c>. Null when the reply holds no problem details.
    /// </summary>
    public string? Type { get; }

    /// <summary>Gets the title of the problem type. Null when the reply has none.</summary>
    public string? Title { get; }

    /// <summary>Gets what was wrong with this request, as a sentence. Null when the reply has none.</summary>
    public string? Detail { get; }

    /// <summary>
    /// Gets how long to wait before another attempt (<c>Retry-After</c>). Null when the host did not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; }

    internal static async Task<RestMqClientException> OfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode is >= 300 and < 400)
            return Redirected(response.StatusCode, response.Headers.Location, "the request was answered");
        string? type = null, title = null, detail = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json"
            && response.Content.Headers.ContentLength is null or <= Longest)
        {
            try
            {
                var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                using var problem = await JsonDocument.ParseAsync(body, default, cancellationToken).ConfigureAwait(false);
                string? Member(string name) =>
                    problem.RootElement.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
                if (problem.RootElement.ValueKind == JsonValueKind.Object)
                    (type, title, detail) = (Member("type"), Member("title"), Member("detail") ?? Member("error"));
            }
            catch (JsonException)
            {
                // The body is not valid JSON. The status alone describes the refusal.
            }
        }
        return new RestMqClientException(response.StatusCode, type, title, detail, response.Headers.RetryAfter?.Delta);
    }
}
