using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace RestMq.Model;

/// <summary>
/// A connection to Redis whose scripts ask a key for the time, instead of Redis: it is the only way to let an hour pass
/// at once, and to have two messages due at one instant. Hints are counted on their way. All else goes through as it
/// is. What Redis itself lets expire is brought nearer to its end by the time that passed.
/// </summary>
internal class RedisOnOurClock : DispatchProxy
{
    private const string TheTime = "call('TIME')";
    private const string Hint = "redis.pcall('PUBLISH', ARGV[1]";

    // What Redis has run, by hash.
    private static readonly ConcurrentDictionary<string, string> Scripts = [];

    private object _inner = null!;
    private string _clock = "";
    private IDatabase? _database;

    /// <summary>A connection like this one, with the time in a key.</summary>
    public static IConnectionMultiplexer Wrap(IConnectionMultiplexer connection, string clock) => Wrap<IConnectionMultiplexer>(connection, clock);

    /// <summary>How many hints there were on a channel.</summary>
    public static async Task<long> HintsAsync(IDatabase redis, string clock, string channel) => (long)await redis.HashGetAsync($"{clock}:hints", channel);

    /// <summary>Sets the time, and ages these keys by as much as has passed.</summary>
    public static async Task SetAsync(IDatabase redis, string clock, FakeTimeProvider time, TimeSpan passed, RedisKey[] keys)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        // What TIME replies: seconds, and microseconds.
        await Task.WhenAll(redis.KeyDeleteAsync(clock), redis.ListRightPushAsync(clock, [now / 1000, now % 1000 * 1000]));
        if (passed == TimeSpan.Zero) return;
        await redis.ScriptEvaluateAsync(
            """
            for _, key in ipairs(KEYS) do
              local left = redis.call('PTTL', key)
              if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
            end
            """,
            keys, [(long)passed.TotalMilliseconds]);
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        if (method!.Name == nameof(IDatabaseAsync.ScriptEvaluateAsync))
        {
            if (arguments![0] is byte[] hash && !Scripts.ContainsKey(Convert.ToHexString(hash)))
                return Task.FromException<RedisResult>(new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, "NOSCRIPT No matching script."));
            var script = arguments[0] is byte[] known ? Scripts[Convert.ToHexString(known)] : (string)arguments[0]!;
            if (script.StartsWith("return", StringComparison.Ordinal)) return method.Invoke(_inner, arguments);
            Scripts[Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(script)))] = script;
            if (!script.Contains(TheTime)) throw new InvalidOperationException("The scripts have another way to ask for the time than this knows.");
            if (!script.Contains(Hint)) throw new InvalidOperationException("The scripts have another way to give a hint than this knows.");
            var onOurClock = script.Replace(TheTime, $"call('LRANGE', '{_clock}', 0, 1)")
                .Replace(Hint, $"call('HINCRBY', '{_clock}:hints', ARGV[1], 1) {Hint}");
            return ((IDatabase)_inner).ScriptEvaluateAsync(onOurClock, (RedisKey[]?)arguments[1], (RedisValue[]?)arguments[2]);
        }
        return method.Name == nameof(IConnectionMultiplexer.GetDatabase)
            ? _database ??= Wrap((IDatabase)method.Invoke(_inner, arguments)!, _clock)
            : method.Invoke(_inner, arguments);
    }

    private static T Wrap<T>(T inner, string clock) where T : class
    {
        var wrapped = Create<T, RedisOnOurClock>();
        var proxy = (RedisOnOurClock)(object)wrapped;
        proxy._inner = inner;
        proxy._clock = clock;
        return wrapped;
    }
}
