using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RestMq.Client.Http;
using RestMq.Client.Wire;

namespace RestMq.Client;

/// <inheritdoc cref="IRestMqClient"/>
public sealed partial class RestMqClient : IRestMqClient
{
    private readonly Func<HttpClient> _http;
    private readonly Func<HttpClient> _waitingHttp;
    private readonly RestMqClientOptions _options;
    private readonly Uri? _address; // Replaces the HttpClient's BaseAddress.
    private readonly MessageSerializer _serializer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>
    /// Creates a client that sends its requests with the caller's <see cref="HttpClient"/>. The caller disposes the
    /// <see cref="HttpClient"/>. In an application with dependency injection use <c>services.AddRestMqClient()</c>.
    /// </summary>
    /// <param name="http">The <see cref="HttpClient"/>. Its <c>Timeout</c> must be longer than the longest
    /// wait.</param>
    /// <param name="options">The options. Their base address replaces the one of <paramref name="http"/>.</param>
    /// <exception cref="ArgumentException">The base address of the options is no absolute http or https URL.</exception>
    public RestMqClient(HttpClient http, RestMqClientOptions? options = null)
        : this(() => http, () => http, options ?? new RestMqClientOptions(), TimeProvider.System, NullLogger.Instance) =>
        _address = _options.BaseAddress is not { } address || ClientAddressValidator.Error(address) is not { } error
            ? _options.BaseAddress
            : throw new ArgumentException(error, nameof(options));

    /// <param name="http">Creates the client for requests that the host answers at once.</param>
    /// <param name="patient">Creates the client for waits and streams. It has no timeout and no resilience handlers,
    /// which would end a wait too early.</param>
    /// <param name="options">The options.</param>
    /// <param name="time">The clock that measures pauses.</param>
    /// <param name="logger">Logs lost connections.</param>
    internal RestMqClient(Func<HttpClient> http, Func<HttpClient> patient, RestMqClientOptions options, TimeProvider time, ILogger logger)
    {
        (_http, _waitingHttp, _options, _time, _logger) = (http, patient, options, time, logger);
        _serializer = new MessageSerializer(options.SerializerOptions);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? fields, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, address) { Content = fields is null ? null : MessageSerializer.Form(fields) };
        return SendAsync(_http(), request, cancellationToken);
    }

    /// <summary>Sends a request and returns a reply with a success status.</summary>
    /// <exception cref="RestMqClientException">The host refused the request.</exception>
    private async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpRequestMessage request, CancellationToken cancellationToken,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        request.RequestUri = Address.In(_address ?? http.BaseAddress, request.RequestUri!);
        var method = request.Method;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, completion, cancellationToken).ConfigureAwait(false);
        }
        catch (FullQueueException e)
        {
            throw e.Refusal;
        }
        // An HttpClient that follows redirects turns a POST into a GET. The reply then belongs to another request.
        if (request.Method != method)
        {
            using (response) throw RestMqClientException.Redirected(response.StatusCode, request.RequestUri, $"the {method} became a {request.Method}");
        }
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RestMqClientException.OfAsync(response, request.RequestUri, cancellationToken).ConfigureAwait(false);
    }
}
