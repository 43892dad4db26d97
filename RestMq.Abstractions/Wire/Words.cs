namespace RestMq.Wire;

/// <summary>
/// The wire's words for what the engine has as enumerations. This file is compiled into each assembly that speaks the
/// wire.
/// </summary>
internal static class Words
{
    /// <summary>Returns at most the first 40 characters of a value that was received, for an error message.</summary>
    public static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    public static string Of(QueuePolicy policy) => policy switch
    {
        QueuePolicy.RoundRobin => "roundrobin",
        _ => "broadcast",
    };

    public static string Of(MessageState state) => state switch
    {
        MessageState.Leased => "leased",
        MessageState.Delayed => "delayed",
        MessageState.Dead => "dead",
        _ => "ready",
    };

    public static string Of(Durability durability) => durability switch
    {
        RestMq.Durability.Replicated => "replicated",
        _ => "stored",
    };

    /// <exception cref="FormatException">It is neither.</exception>
    public static Durability Durability(string word) => word switch
    {
        "stored" => RestMq.Durability.Stored,
        "replicated" => RestMq.Durability.Replicated,
        _ => throw new FormatException($"'durability' must be stored or replicated, but was '{Shorten(word)}'."),
    };

    /// <exception cref="FormatException">It is neither.</exception>
    public static QueuePolicy Policy(string word) => word switch
    {
        "broadcast" => QueuePolicy.Broadcast,
        "roundrobin" => QueuePolicy.RoundRobin,
        _ => throw new FormatException($"'policy' is broadcast or roundrobin, not '{Shorten(word)}'."),
    };

    /// <exception cref="FormatException">It is none of the four.</exception>
    public static MessageState State(string word) => word switch
    {
        "ready" => MessageState.Ready,
        "leased" => MessageState.Leased,
        "delayed" => MessageState.Delayed,
        "dead" => MessageState.Dead,
        _ => throw new FormatException($"'state' is ready, leased, delayed or dead, not '{Shorten(word)}'."),
    };
}
