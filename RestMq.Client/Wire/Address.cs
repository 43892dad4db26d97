using System.Globalization;

namespace RestMq.Client.Wire;

/// <summary>The URLs of the host, relative to where it is.</summary>
internal static class Address
{
    /// <summary>
    /// The URL below where the host is, which is a folder whether a slash ends it or not: without that the last part of its path would be lost. It
    /// is made for each request, so that it does not matter who set the address, and an application's <see cref="HttpClient"/> stays as it is.
    /// </summary>
    /// <param name="root">Where the host is; null when nobody said, which the <see cref="HttpClient"/> then tells.</param>
    /// <param name="relative">The rest of the URL.</param>
    public static Uri In(Uri? root, Uri relative)
    {
        if (root is null) return relative;
        return new Uri(root.AbsolutePath.EndsWith('/') ? root : new Uri(root.GetLeftPart(UriPartial.Path) + "/"), relative);
    }

    /// <summary>A queue under one of the routes that take its name.</summary>
    /// <exception cref="ArgumentException">The name would be another URL.</exception>
    public static string Of(string route, string queue)
    {
        // A URL without the name, or with one of these, is another route: what is meant for a queue must not get there.
        if (queue is null or "" or "." or "..") throw new ArgumentException($"This is no name of a queue: '{queue}'", nameof(queue));
        return $"{route}/{Uri.EscapeDataString(queue)}";
    }

    /// <summary>A message, by its key or receipt.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string Of(string keyOrReceipt) => $"{Of("q", QueueOf(keyOrReceipt))}/{Uri.EscapeDataString(keyOrReceipt)}";

    /// <summary>The queue of a message, by its key or receipt.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string QueueOf(string keyOrReceipt)
    {
        var colon = keyOrReceipt.LastIndexOf(':');
        if (colon <= 0 || colon == keyOrReceipt.Length - 1)
            throw new ArgumentException($"A key is such as orders:12, and a receipt such as orders:12.3; this is neither: '{keyOrReceipt}'", nameof(keyOrReceipt));
        return keyOrReceipt[..colon];
    }

    /// <summary>Fields as they stand in a query, or in a form; those that are null are left out.</summary>
    public static string Fields(params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var text = ""; // There are one or two, or none.
        foreach (var (name, value) in fields)
        {
            if (value is null) continue;
            text += (text.Length == 0 ? "" : "&") + name + "=" + value switch
            {
                // Milliseconds are as fine as the host's clock.
                TimeSpan time => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => Uri.EscapeDataString(value.ToString()!),
            };
        }
        return text;
    }

    public static string WithQuery(string address, string fields) => fields.Length == 0 ? address : $"{address}?{fields}";
}
