using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace RestMq.Redis;

/// <summary>The scripts of <c>Scripts/</c>, one file each, with what it shares with others before it. What each does and takes is said at the file's head.</summary>
/// <param name="Text">The script.</param>
/// <param name="Hash">By which Redis knows it once it has seen it.</param>
internal sealed record RedisScript(string Text, byte[] Hash)
{
    public static readonly RedisScript Add = Load("removal", "add");
    public static readonly RedisScript Exchange = Load("plain", "removal", "due", "find", "exchange");
    public static readonly RedisScript Holds = Load("holds");
    public static readonly RedisScript Look = Load("removal", "due", "look");
    public static readonly RedisScript Broadcast = Load("removal", "due", "broadcast");
    public static readonly RedisScript Peek = Load("find", "peek");
    public static readonly RedisScript Last = Load("removal", "due", "last");
    public static readonly RedisScript Purge = Load("purge");
    public static readonly RedisScript PurgeState = Load("removal", "due", "purge_state");
    public static readonly RedisScript Configure = Load("configure");
    public static readonly RedisScript Redrive = Load("removal", "due", "redrive");
    public static readonly RedisScript Stats = Load("removal", "due", "stats");

    /// <summary>The same script with wake-ups by sharded pub/sub.</summary>
    public RedisScript Sharded => field ??= Of(Text.Replace("'PUBLISH'", "'SPUBLISH'", StringComparison.Ordinal));

    private static RedisScript Load(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder(Read("prelude"));
        foreach (var part in parts) text.Append(Read(part));
        return Of(text.ToString());
    }

    private static RedisScript Of(string text) => new(text, SHA1.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Read(string script)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(script + ".lua")
            ?? throw new InvalidOperationException($"The script {script} is not embedded in {typeof(RedisScript).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
