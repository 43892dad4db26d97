using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace RestMq.Client.Http;

/// <summary>Holds the address that a client uses: the one of its options, or the one of its HttpClient.</summary>
internal sealed class ClientAddress
{
    public Uri? Address { get; set; }
}

/// <summary>
/// Finds the address of a client. These are options of their own, because the settings of the HttpClient read the options
/// of the client, and options cannot be validated by what reads them.
/// </summary>
internal sealed class ClientAddressSetup(IOptionsMonitor<RestMqClientOptions> options, IOptionsMonitor<HttpClientFactoryOptions> http)
    : IConfigureNamedOptions<ClientAddress>
{
    public void Configure(string? name, ClientAddress address)
    {
        name ??= Options.DefaultName;
        address.Address = options.Get(name).BaseAddress;
        if (address.Address is not null) return;
        // The application may set the address of the HttpClient itself. This client is configured alike and sends nothing.
        using var client = new HttpClient();
        foreach (var configure in http.Get(RestMqClientServiceCollectionExtensions.Http(name)).HttpClientActions) configure(client);
        address.Address = client.BaseAddress;
    }

    public void Configure(ClientAddress address) => Configure(Options.DefaultName, address);
}

/// <summary>Checks the address of a client when the application starts, or when it creates the client.</summary>
internal sealed class ClientAddressValidator : IValidateOptions<ClientAddress>
{
    public ValidateOptionsResult Validate(string? name, ClientAddress options) =>
        Error(options.Address) is { } error
            ? ValidateOptionsResult.Fail(string.IsNullOrEmpty(name) ? error : $"{error} (The client '{name}'.)")
            : ValidateOptionsResult.Success;

    /// <summary>Returns what is wrong with an address. Null when it can be that of a host.</summary>
    public static string? Error(Uri? address) => address is { IsAbsoluteUri: true, Scheme: "http" or "https" }
        ? null
        : "RestMqClientOptions.BaseAddress must be the absolute http or https URL at which RestMQ is mapped, such as "
            + $"https://queues.example/mq, but {(address is null ? "is not set." : $"was '{address}'.")}";
}
