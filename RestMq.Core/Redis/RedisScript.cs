using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace RestMq.Redis;

/// <summary>The scripts of <c>Scripts/</c>, one file each, with what it shares with others before it. What each does and takes is said at the file's head.</summary>
/// <param name="Text">The script.</param>
/// <param name="Hash">By which Redis knows it once it has seen it.</param>
internal sealed record RedisScript(string Text, byte[] Hash)
{
    public static readonly RedisScript Add = Load("add");
    public static readonly RedisScript Exchange = LoadWithDue("exchange");
    public static readonly RedisScript Holds = Load("holds");
    public static readonly RedisScript Look = LoadWithDue("look");
    public static readonly RedisScript Broadcast = LoadWithDue("broadcast");
    public static readonly RedisScript Peek = Load("peek");
    public static readonly RedisScript Last = LoadWithDue("last");
    public static readonly RedisScript Purge = Load("purge");
    public static readonly RedisScript PurgeState = LoadWithDue("purge_state");
    public static readonly RedisScript Configure = Load("configure");
    public static readonly RedisScript Redrive = Load("redrive");
    public static readonly RedisScript Stats = LoadWithDue("stats");

    private static RedisScript Load(string name) => Of(Read("prelude") + Read(name));

    private static RedisScript LoadWithDue(string name) => Of(Read("prelude") + Read("due") + Read(name));

    private static RedisScript Of(string text) => new(text, SHA1.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Read(string script)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(script + ".lua")
            ?? throw new InvalidOperationException($"The script {script} is not embedded in {typeof(RedisScript).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
