using System.Globalization;
using RestMq.Client.Http;

namespace RestMq.Client.Wire;

/// <summary>Builds the URLs of the host, relative to its address.</summary>
internal static class Address
{
    /// <summary>
    /// Returns a URL below the address of the host. The address counts as a folder, with or without a slash at its end.
    /// Without the slash, <see cref="Uri"/> would drop the last segment of its path. The URL is built for each request.
    /// So the address may come from the options or the <see cref="HttpClient"/>, and the <see cref="HttpClient"/> is
    /// not changed.
    /// </summary>
    /// <param name="root">The address of the host.</param>
    /// <param name="relative">The rest of the URL.</param>
    /// <exception cref="InvalidOperationException">The address is not set.</exception>
    public static Uri In(Uri? root, Uri relative)
    {
        if (root is null) throw new InvalidOperationException(ClientAddressValidator.Error(root));
        return new Uri(root.AbsolutePath.EndsWith('/') ? root : new Uri(root.GetLeftPart(UriPartial.Path) + "/"), relative);
    }

    /// <summary>Returns the URL of a queue below a route.</summary>
    /// <exception cref="ArgumentException">The name would lead to another route.</exception>
    public static string Of(string route, string queue)
    {
        // An empty name and the path segments "." and ".." would lead to another route, such as the list of queues.
        if (queue is null or "" or "." or "..")
        {
            throw new ArgumentException(
                $"A queue name must not be null, empty, '.' or '..', but was '{queue}'.", nameof(queue));
        }
        return $"{route}/{Uri.EscapeDataString(queue)}";
    }

    /// <summary>Returns the URL of a delivery.</summary>
    /// <exception cref="ArgumentException">The receipt is not that of a delivery.</exception>
    public static string Of(Receipt receipt) => Of(receipt.Checked().Key.Queue, receipt.ToString());

    /// <summary>Returns the URL of a message.</summary>
    /// <exception cref="ArgumentException">The key is the default value, which has no queue.</exception>
    public static string Of(MessageKey key) => Of(QueueOf(key), key.ToString());

    /// <summary>Returns the queue of a message.</summary>
    /// <exception cref="ArgumentException">The key is the default value, which has no queue.</exception>
    public static QueueName QueueOf(MessageKey key) => key.Queue
        ?? throw new ArgumentException("A key must be that of a message, such as orders:12, but has no queue.", nameof(key));

    /// <summary>Encodes fields for a query or a form. Fields whose value is null are left out.</summary>
    public static string Fields(params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var text = ""; // A request has only a few fields, so a StringBuilder would not pay off.
        foreach (var (name, value) in fields)
        {
            if (value is null) continue;
            text += (text.Length == 0 ? "" : "&") + name + "=" + value switch
            {
                // Seconds with at most three decimals: the host's clock has a resolution of 1 ms.
                TimeSpan time => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => Uri.EscapeDataString(value.ToString()!),
            };
        }
        return text;
    }

    private static string Of(QueueName queue, string message) => $"{Of("q", queue.Value)}/{Uri.EscapeDataString(message)}";

    public static string WithQuery(string address, string fields) => fields.Length == 0 ? address : $"{address}?{fields}";
}
