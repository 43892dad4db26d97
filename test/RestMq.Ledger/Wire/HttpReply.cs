using System.Text;

namespace RestMq.Ledger.Wire;

/// <summary>An answer that came whole.</summary>
internal readonly record struct HttpReply(int Status, byte[] Body)
{
    public bool IsYes => Status is >= 200 and < 300;

    public string Text => Encoding.UTF8.GetString(Body).TrimEnd();
}
