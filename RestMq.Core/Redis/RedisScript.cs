using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace RestMq.Redis;

/// <summary>The scripts of <c>Scripts/</c>, one file each, with the prelude before it. What each does and takes is said at the file's head.</summary>
/// <param name="Text">The script.</param>
/// <param name="Hash">By which Redis knows it once it has seen it.</param>
internal sealed record RedisScript(string Text, byte[] Hash)
{
    public static readonly RedisScript Add = Load("add");
    public static readonly RedisScript Exchange = Load("exchange");
    public static readonly RedisScript Holds = Load("holds");
    public static readonly RedisScript Look = Load("look");
    public static readonly RedisScript Broadcast = Load("broadcast");
    public static readonly RedisScript Peek = Load("peek");
    public static readonly RedisScript Last = Load("last");
    public static readonly RedisScript Purge = Load("purge");
    public static readonly RedisScript PurgeState = Load("purge_state");
    public static readonly RedisScript Configure = Load("configure");
    public static readonly RedisScript Redrive = Load("redrive");
    public static readonly RedisScript Stats = Load("stats");

    private static RedisScript Load(string name)
    {
        var text = Read("prelude.lua") + Read(name + ".lua");
        return new RedisScript(text, SHA1.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static string Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The script {file} is not embedded in {typeof(RedisScript).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
