using System.Net;
using System.Text.Json;

namespace RestMq.Client;

/// <summary>
/// Represents a request that the host refused. The host explains the refusal with problem details (RFC 9457). Compare
/// <see cref="Type"/> with the constants of <see cref="ProblemTypes"/>. For a reply that another server sent, such as a
/// proxy, only <see cref="Status"/> is set.
/// </summary>
public class RestMqClientException : HttpRequestException
{
    // Problem details are short. The error page of a proxy may be of any length.
    private const int Longest = 64 * 1024;

    /// <summary>Creates the exception, for tests of code that calls a client.</summary>
    /// <param name="status">The HTTP status, such as 429.</param>
    /// <param name="type">The problem type, one of <see cref="ProblemTypes"/>.</param>
    /// <param name="title">The title of the problem type.</param>
    /// <param name="detail">What was wrong with the request, as a sentence.</param>
    /// <param name="retryAfter">How long to wait before another attempt.</param>
    public RestMqClientException(int status, string? type = null, string? title = null, string? detail = null, TimeSpan? retryAfter = null)
        : this($"The RestMQ host answered {status}: {detail ?? title ?? ((HttpStatusCode)status).ToString()}", null, status) =>
        (Type, Title, Detail, RetryAfter) = (type, title, detail, retryAfter);

    private protected RestMqClientException(string message, Exception? inner, int status)
        : base(message, inner, status == 0 ? null : (HttpStatusCode)status) => Status = status;

    /// <summary>Gets the HTTP status, such as 429. It is 200 for a success that no RestMQ host sent.</summary>
    public int Status { get; }

    /// <summary>
    /// Gets the problem type, one of <see cref="ProblemTypes"/>, such as <see cref="ProblemTypes.Full"/>. Null when the
    /// reply holds no problem details.
    /// </summary>
    public string? Type { get; private protected init; }

    /// <summary>Gets the title of the problem type. Null when the reply has none.</summary>
    public string? Title { get; private protected init; }

    /// <summary>Gets what was wrong with this request, as a sentence. Null when the reply has none.</summary>
    public string? Detail { get; private protected init; }

    /// <summary>
    /// Gets how long to wait before another attempt (<c>Retry-After</c>). Null when the host did not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; private protected init; }

    /// <summary>Gets how many messages one request may add, if the host refused it because it has more.</summary>
    internal long? MaxMessages { get; private init; }

    /// <summary>Gets how many bytes one request may have, if the host refused it because it has more.</summary>
    internal long? MaxBytes { get; private init; }

    /// <summary>Reports a success that no RestMQ host sent.</summary>
    internal static RestMqClientException NotRestMq(Exception? inner = null) => new(
        "The reply is not one of a RestMQ host. Check the address of the host.", inner, (int)HttpStatusCode.OK);

    /// <summary>Reports a redirect. The client follows none, since a redirected POST becomes a GET.</summary>
    internal static RestMqClientException Redirected(HttpStatusCode status, Uri? location, string what) => new(
        (int)status, title: "Redirected",
        detail: $"The address must be that of the host, but {what} by a redirect to {location?.ToString() ?? "an unknown place"}. Set the "
        + "address that the redirect names: a redirected POST becomes a GET, so redirects are not followed.");

    /// <param name="response">The reply.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="cancellationToken">Cancels reading the reply.</param>
    internal static async Task<RestMqClientException> OfAsync(HttpResponseMessage response, Uri? address, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400) return Redirected(response.StatusCode, response.Headers.Location, "the request was answered");
        string? type = null, title = null, detail = null;
        long? messages = null, bytes = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json"
            && response.Content.Headers.ContentLength is null or <= Longest)
        {
            try
            {
                var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                using var problem = await JsonDocument.ParseAsync(body, default, cancellationToken).ConfigureAwait(false);
                string? Member(string name) =>
                    problem.RootElement.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
                long? Number(string name) =>
                    problem.RootElement.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var number) ? number : null;
                if (problem.RootElement.ValueKind == JsonValueKind.Object)
                {
                    (type, title, detail) = (Member("type"), Member("title"), Member("detail") ?? Member("error"));
                    (messages, bytes) = (Number("max_messages"), Number("max_bytes"));
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // The body is no JSON, or has a text with half of a surrogate pair. The status alone describes the refusal.
            }
        }
        // Another server answers like this where RestMQ is not mapped. RestMQ itself names the type of its problem.
        if (status is 404 or 405 && type?.StartsWith("urn:restmq:", StringComparison.Ordinal) != true)
        {
            return new RestMqClientException(
                $"There is no RestMQ at {address?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "this address"}: the server there answered {status} and is "
                + "not a RestMQ host, or RestMQ is mapped at another path. Set RestMqClientOptions.BaseAddress to the address at "
                + "which RestMQ is mapped, such as https://queues.example/mq.", null, status);
        }
        return new RestMqClientException(status, type, title, detail, response.Headers.RetryAfter?.Delta) { MaxMessages = messages, MaxBytes = bytes };
    }
}
