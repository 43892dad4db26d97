using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using RestMq.Wire;

namespace RestMq.Client.Http;

/// <summary>Holds the address that a client uses: the one of its options, or the one of its HttpClient.</summary>
internal sealed class ClientAddress
{
    public Uri? Address { get; set; }

    /// <summary>Gets or sets whether the options of the client are refused, which is reported with them.</summary>
    public bool IsRefused { get; set; }
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
        try
        {
            address.Address = options.Get(name).BaseAddress;
        }
        catch (OptionsValidationException)
        {
            // The application gets this exception for the options themselves. Here it would be reported twice.
            address.IsRefused = true;
        }
        if (address.Address is not null || address.IsRefused) return;
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
        !options.IsRefused && Error(options.Address, string.IsNullOrEmpty(name) ? "" : $" of the client '{name}'") is { } error
            ? ValidateOptionsResult.Fail(error)
            : ValidateOptionsResult.Success;

    /// <summary>Returns what is wrong with an address. Null when it can be that of a host.</summary>
    public static string? Error(Uri? address, string whose = "")
    {
        if (address is { IsAbsoluteUri: true, Scheme: "http" or "https" }) return null;
        // An address may have a password, which must not be logged.
        var told = address is null ? "is not set" : address.OriginalString.Contains('@') ? "is another" : $"was '{WireNames.Shorten(address.OriginalString)}'";
        return $"RestMqClientOptions.BaseAddress{whose} must be the absolute http or https URL at which RestMQ is mapped, such as "
            + $"https://queues.example/mq, but {told}.";
    }
}
