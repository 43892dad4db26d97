using System.Net;

namespace RestMq.Client.Http;

/// <summary>
/// Carries the refusal of a full queue past the handlers of the application. A resilience handler takes each 429 for a
/// passing failure and sends the request again, which delays the answer to the producer and loads the host. A full queue
/// has room only when consumers make room. This handler is the innermost, and <see cref="RestMqClient"/> catches the
/// exception. No resilience handler retries an exception that it does not know.
/// </summary>
internal sealed class FullQueueHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.TooManyRequests || response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return response;
        // Buffers the problem, which is short, so that it can be read again where it is not that of a full queue.
        await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        var refusal = await RestMqClientException.OfAsync(response, request.RequestUri, cancellationToken).ConfigureAwait(false);
        if (refusal.Type != ProblemTypes.Full)
        {
            (await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false)).Position = 0;
            return response;
        }
        response.Dispose();
        throw new FullQueueException(refusal);
    }
}

/// <summary>Carries the refusal of a full queue from <see cref="FullQueueHandler"/> to <see cref="RestMqClient"/>.</summary>
internal sealed class FullQueueException(RestMqClientException refusal) : Exception(refusal.Message, refusal)
{
    public RestMqClientException Refusal => refusal;
}
