namespace Microsoft.Extensions.Http;

/// <summary>
/// Has the name of the handler of the package Microsoft.Extensions.Http.Polly, which the client recognises by it, and cuts
/// each request after a time.
/// </summary>
internal sealed class PolicyHttpMessageHandler : RestMq.Client.ResilienceTests.Impatient;
