namespace RestMq;

/// <summary>
/// Reports that the store of this host does not support the requested <see cref="Durability"/>. Nothing was added or
/// changed. Over HTTP this is 400.
/// </summary>
public sealed class RestMqDurabilityException : NotSupportedException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">A message that names the store and the durability, for the log and the caller.</param>
    public RestMqDurabilityException(string message) : base(message)
    {
    }
}
