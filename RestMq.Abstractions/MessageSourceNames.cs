namespace RestMq;

/// <summary>The keys under which the packages register their <see cref="IMessageSource"/>.</summary>
public static class MessageSourceNames
{
    /// <summary>The source that <c>AddRestMq()</c> adds: the engine in this process.</summary>
    public const string Engine = "engine";

    /// <summary>The source that <c>AddRestMqClient()</c> adds: a host that is reached over HTTP.</summary>
    public const string Client = "client";
}
