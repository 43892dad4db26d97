using System.Text;

namespace RestMq.Ledger.Wire;

/// <summary>Holds a reply that came whole.</summary>
internal readonly record struct HttpReply(int Status, byte[] Body)
{
    public bool IsYes => Status is >= 200 and < 300;

    /// <summary>Gets whether the host has no store, or the proxy has no host.</summary>
    public bool IsAway => Status is 502 or 503 or 504;

    public string Text => Encoding.UTF8.GetString(Body).TrimEnd();
}
