namespace RestMq;

/// <summary>
/// The store of this host cannot give the <see cref="Durability"/> that was asked for. Nothing was added or changed.
/// Over HTTP this is 400.
/// </summary>
public sealed class RestMqDurabilityException : NotSupportedException
{
    /// <summary>A store that cannot.</summary>
    /// <param name="message">The store and the durability, for the log and the caller.</param>
    public RestMqDurabilityException(string message) : base(message)
    {
    }
}
