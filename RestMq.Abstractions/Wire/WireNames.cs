namespace RestMq.Wire;

/// <summary>Converts between enumerations and their words on the wire.</summary>
internal static class WireNames
{
    private const int MaxShown = 40;

    /// <summary>Returns at most the first 40 characters of a value that was received, for an error message.</summary>
    public static string Shorten(string text) =>
        text.Length <= MaxShown ? text : text[..(char.IsHighSurrogate(text[MaxShown - 1]) ? MaxShown - 1 : MaxShown)] + "…";

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

    /// <exception cref="FormatException">The word is not a durability.</exception>
    public static Durability Durability(string word) => word switch
    {
        "stored" => RestMq.Durability.Stored,
        "replicated" => RestMq.Durability.Replicated,
        _ => throw new FormatException($"'durability' must be stored or replicated, but was '{Shorten(word)}'."),
    };

    /// <exception cref="FormatException">The word is not a policy.</exception>
    public static QueuePolicy Policy(string word) => word switch
    {
        "broadcast" => QueuePolicy.Broadcast,
        "roundrobin" => QueuePolicy.RoundRobin,
        _ => throw new FormatException($"'policy' must be broadcast or roundrobin, but was '{Shorten(word)}'."),
    };

    /// <exception cref="FormatException">The word is not a state.</exception>
    public static MessageState State(string word) => word switch
    {
        "ready" => MessageState.Ready,
        "leased" => MessageState.Leased,
        "delayed" => MessageState.Delayed,
        "dead" => MessageState.Dead,
        _ => throw new FormatException(
            $"'state' must be ready, leased, delayed or dead, but was '{Shorten(word)}'."),
    };
}
