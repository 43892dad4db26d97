using System.Reflection;

namespace RestMq.Redis;

/// <summary>The scripts of <c>Scripts/</c>, one file each, with the prelude before it. What each does and takes is said at the file's head.</summary>
internal static class RedisScript
{
    public static readonly string Add = Load("add");
    public static readonly string Exchange = Load("exchange");
    public static readonly string Holds = Load("holds");
    public static readonly string Look = Load("look");
    public static readonly string Broadcast = Load("broadcast");
    public static readonly string Peek = Load("peek");
    public static readonly string Last = Load("last");
    public static readonly string Purge = Load("purge");
    public static readonly string Configure = Load("configure");
    public static readonly string Redrive = Load("redrive");
    public static readonly string Stats = Load("stats");

    private static string Load(string name) => Read("prelude.lua") + Read(name + ".lua");

    private static string Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The script {file} is not embedded in {typeof(RedisScript).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
