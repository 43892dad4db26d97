using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace RestMq.Model;

/// <summary>
/// Wraps a connection to Redis so that scripts read the time from a key instead of Redis' clock. Only so can an hour
/// pass at once, and two messages be due at the same instant. Wake-ups are counted. All other commands pass unchanged.
/// The remaining time to live of keys that Redis expires itself is reduced by the time that passed.
/// </summary>
internal class RedisWithFakeClock : DispatchProxy
{
    private const string TheTime = "call('TIME')";
    private const string OfQueue = "local meta, ready, back"; // Only scripts of queues read the time.
    private const string WakeUp = "redis.pcall('PUBLISH', ARGV[1]";

    // Scripts that Redis has run, by SHA-1 hash.
    private static readonly ConcurrentDictionary<string, string> Scripts = [];

    private object _inner = null!;
    private string _clock = "";
    private IDatabase? _database;

    /// <summary>Returns a connection whose scripts read the time from the key <paramref name="clock"/>.</summary>
    public static IConnectionMultiplexer Wrap(IConnectionMultiplexer connection, string clock) => Wrap<IConnectionMultiplexer>(connection, clock);

    /// <summary>Returns the number of wake-ups on a channel.</summary>
    public static async Task<long> WakeUpsAsync(IDatabase redis, string clock, string channel) => (long)await redis.HashGetAsync($"{clock}:wake-ups", channel);

    /// <summary>Sets the time, and reduces the time to live of these keys by the time that passed.</summary>
    public static async Task SetAsync(IDatabase redis, string clock, FakeTimeProvider time, TimeSpan passed, RedisKey[] keys)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        // TIME replies seconds and microseconds.
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
            if (!script.Contains(OfQueue)) return method.Invoke(_inner, arguments);
            Scripts[Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(script)))] = script;
            if (!script.Contains(TheTime))
                throw new InvalidOperationException("Scripts must read the time with call('TIME'), but one does not.");
            if (!script.Contains(WakeUp))
                throw new InvalidOperationException($"Scripts must send wake-ups with {WakeUp}, but one does not.");
            var withFakeClock = script.Replace(TheTime, $"call('LRANGE', '{_clock}', 0, 1)")
                .Replace(WakeUp, $"call('HINCRBY', '{_clock}:wake-ups', ARGV[1], 1) {WakeUp}");
            return ((IDatabase)_inner).ScriptEvaluateAsync(withFakeClock, (RedisKey[]?)arguments[1], (RedisValue[]?)arguments[2]);
        }
        return method.Name == nameof(IConnectionMultiplexer.GetDatabase)
            ? _database ??= Wrap((IDatabase)method.Invoke(_inner, arguments)!, _clock)
            : method.Invoke(_inner, arguments);
    }

    private static T Wrap<T>(T inner, string clock) where T : class
    {
        var wrapped = Create<T, RedisWithFakeClock>();
        var proxy = (RedisWithFakeClock)(object)wrapped;
        proxy._inner = inner;
        proxy._clock = clock;
        return wrapped;
    }
}
