using System.Globalization;

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
    /// <param name="root">The address of the host. When it is null, the <see cref="HttpClient"/> reports the missing
    /// address.</param>
    /// <param name="relative">The rest of the URL.</param>
    public static Uri In(Uri? root, Uri relative)
    {
        if (root is null) return relative;
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

    /// <summary>Returns the URL of a message, given its key or receipt.</summary>
    /// <exception cref="ArgumentException">The text is neither a key nor a receipt.</exception>
    public static string Of(string keyOrReceipt) => $"{Of("q", QueueOf(keyOrReceipt))}/{Uri.EscapeDataString(keyOrReceipt)}";

    /// <summary>Returns the queue of a message, given its key or receipt.</summary>
    /// <exception cref="ArgumentException">The text is neither a key nor a receipt.</exception>
    public static string QueueOf(string keyOrReceipt)
    {
        var colon = keyOrReceipt.LastIndexOf(':');
        if (colon <= 0 || colon == keyOrReceipt.Length - 1)
        {
            throw new ArgumentException(
                $"A key must look like 'orders:12' and a receipt like 'orders:12.3', but was '{keyOrReceipt}'.",
                nameof(keyOrReceipt));
        }
        return keyOrReceipt[..colon];
    }

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

    public static string WithQuery(string address, string fields) => fields.Length == 0 ? address : $"{address}?{fields}";
}
