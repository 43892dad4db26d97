using System.Net;
using System.Text.Json;

namespace RestMq.Client;

/// <summary>
/// The host refused a request. Its reply tells why: a problem of RFC 9457, whose types <c>docs/http.md</c> lists. A reply from elsewhere, such as
/// a proxy or a page at the same address, has the status alone.
/// </summary>
public sealed class RestMqClientException : HttpRequestException
{
    // A problem is short; a page of somebody's proxy may not be.
    private const int Longest = 64 * 1024;

    internal RestMqClientException(HttpStatusCode status, string? type, string? title, string? detail, TimeSpan? retryAfter)
        : base($"The RestMQ host answered {(int)status}: {detail ?? title ?? status.ToString()}", null, status) =>
        (Status, Type, Title, Detail, RetryAfter) = ((int)status, type, title, detail, retryAfter);

    internal RestMqClientException(Exception? inner)
        : base("The reply is not one of a RestMQ host: is the address right?", inner, HttpStatusCode.OK) => Status = (int)HttpStatusCode.OK;

    /// <summary>The HTTP status, such as 429; 200 for a reply that is not a RestMQ host's.</summary>
    public int Status { get; }

    /// <summary>What kind of problem it is, such as <c>urn:restmq:full</c>; null when the reply is no problem of the host's.</summary>
    public string? Type { get; }

    /// <summary>The kind of problem in words.</summary>
    public string? Title { get; }

    /// <summary>What was wrong this time, in a sentence.</summary>
    public string? Detail { get; }

    /// <summary>When it is worth another attempt; null when the host did not say.</summary>
    public TimeSpan? RetryAfter { get; }

    internal static async Task<RestMqClientException> OfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
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
                // The status says enough.
            }
        }
        return new RestMqClientException(response.StatusCode, type, title, detail, response.Headers.RetryAfter?.Delta);
    }
}
