using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using RestMq.Redis.Connections;
using StackExchange.Redis;

namespace RestMq.Redis.Sentinel;

/// <summary>
/// Holds the connection to one sentinel. Asks it repeatedly for the primary, and listens to its announcements of
/// failovers.
/// </summary>
internal sealed partial class SentinelClient : IAsyncDisposable
{
    // Short enough that one answer may be late, and that a failover is noticed in time although its announcement was
    // lost.
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan EveryWhileUnsettled = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(500);
    // How often the sentinel is asked for the other sentinels.
    private static readonly TimeSpan OthersEvery = TimeSpan.FromSeconds(5);

    private readonly EndPoint _address;
    private readonly string _service;
    private readonly ConfigurationOptions _configuration;
    private readonly SentinelView _view;
    private readonly Action _onAnswer;
    private readonly Action _onEvent;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _askNow = new(0);
    private readonly Task _asking;
    private bool? _answers;

    public SentinelClient(
        EndPoint address,
        ConfigurationOptions configuration,
        SentinelView view,
        Action onAnswer,
        Action onEvent,
        TimeProvider time,
        ILogger logger)
    {
        _address = address;
        _service = configuration.ServiceName!;
        _configuration = configuration.ForSentinel(address, CallTimeout);
        _view = view;
        _onAnswer = onAnswer;
        _onEvent = onEvent;
        _time = time;
        _logger = logger;
        _asking = Task.Run(AskAgainAndAgainAsync);
    }

    /// <summary>Gets the address of the sentinel.</summary>
    public EndPoint Address => _address;

    /// <summary>Gets the sentinel's own id. It is null until the sentinel has answered.</summary>
    public string? Id { get; private set; }

    /// <summary>Gets the other sentinels that this sentinel knows, by their ids.</summary>
    public IReadOnlyDictionary<string, EndPoint> Others { get; private set; } = new Dictionary<string, EndPoint>();

    /// <summary>Gets whether the sentinel answered when it was last asked.</summary>
    public bool Answers => _answers is true;

    /// <summary>Asks the sentinel at once, without the usual pause.</summary>
    public void AskNow()
    {
        if (_askNow.CurrentCount == 0) _askNow.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _asking.ConfigureAwait(false);
        _askNow.Dispose();
        _closing.Dispose();
    }

    private async Task AskAgainAndAgainAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var connection = await ConnectionMultiplexer.ConnectAsync(_configuration).ConfigureAwait(false);
                await using var closing = connection.ConfigureAwait(false);
                var events = RedisChannel.Pattern("*");
                await connection.GetSubscriber().SubscribeAsync(events, OnEvent, CommandFlags.FireAndForget).ConfigureAwait(false);
                await AskAgainAndAgainAsync(connection.GetServer(_address)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Miss(e);
            }
            await Task.Delay(Every, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task AskAgainAndAgainAsync(IServer sentinel)
    {
        var othersAt = long.MinValue;
        while (true)
        {
            try
            {
                var answer = await AskAsync(sentinel).WaitAsync(CallTimeout, _closing.Token).ConfigureAwait(false);
                if (othersAt == long.MinValue || _time.GetElapsedTime(othersAt) >= OthersEvery)
                {
                    Others = await AskForOthersAsync(sentinel).WaitAsync(CallTimeout, _closing.Token).ConfigureAwait(false);
                    othersAt = _time.GetTimestamp();
                }
                Id = answer.Id;
                if (!Answers) LogAnswers(_logger, RedisSettings.NameOf(_address), RedisSettings.NameOf(answer.Primary));
                _answers = true;
                _view.Answered(this, answer);
            }
            catch (Exception e) when (e is RedisException or TimeoutException or FormatException)
            {
                Miss(e);
            }
            _onAnswer();
            var pause = _view.Verdict.Consent is Consent.Named ? Every : EveryWhileUnsettled;
            await _askNow.WaitAsync(pause, _closing.Token).ConfigureAwait(false);
        }
    }

    private void Miss(Exception e)
    {
        if (_answers is not false) LogSilent(_logger, RedisSettings.NameOf(_address), e.Message);
        _answers = false;
        _view.Missed(this, $"{RedisSettings.NameOf(_address)}: {e.Message}");
    }

    // Sends the questions together, so that the answers describe one moment.
    private async Task<SentinelAnswer> AskAsync(IServer sentinel)
    {
        var askedAt = _time.GetTimestamp();
        var named = sentinel.ExecuteAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", _service);
        var told = sentinel.ExecuteAsync("SENTINEL", "MASTER", _service);
        var id = sentinel.ExecuteAsync("SENTINEL", "MYID");
        await Task.WhenAll(named, told, id).ConfigureAwait(false);

        var fields = Fields(await told.ConfigureAwait(false));
        if ((string?[]?)await named.ConfigureAwait(false) is not [{ } host, { } port])
            throw new FormatException($"the sentinel must know the service '{_service}', but does not");
        var configured = EndPointOf(fields["ip"], fields["port"]);
        // A sentinel that conducts a failover names the new primary as soon as it is promoted.
        var failingOver = fields["flags"].Contains("failover_in_progress", StringComparison.Ordinal);
        var primary = failingOver ? EndPointOf(host, port) : configured;
        return new SentinelAnswer(
            (string?)await id.ConfigureAwait(false) ?? RedisSettings.NameOf(_address),
            primary,
            Number(fields["config-epoch"]),
            failingOver && primary.Equals(configured),
            (int)Number(fields["num-other-sentinels"]),
            askedAt);
    }

    private async Task<IReadOnlyDictionary<string, EndPoint>> AskForOthersAsync(IServer sentinel)
    {
        var others = (RedisResult[]?)await sentinel.ExecuteAsync("SENTINEL", "SENTINELS", _service).ConfigureAwait(false) ?? [];
        return others.Select(Fields).DistinctBy(fields => fields["runid"])
            .ToDictionary(fields => fields["runid"], fields => EndPointOf(fields["ip"], fields["port"]));
    }

    private void OnEvent(RedisChannel channel, RedisValue message)
    {
        if (!IsOfService(((string?)message ?? "").Split(' '))) return;
        if (Announces((string)channel!)) _view.Announced(this);
        _onEvent();
    }

    // The text of "+switch-master" begins with the service. Other events name the primary, or another server followed
    // by "@" and the service.
    private bool IsOfService(string[] words) =>
        words[0] == _service || words is ["master", var primary, ..] && primary == _service
        || words is [_, _, _, _, "@", var of, ..] && of == _service;

    // The events that a sentinel publishes from the beginning of a failover to the promotion.
    private static bool Announces(string channel) =>
        channel is "+try-failover" or "+elected-leader" or "+selected-slave"
            or "+failover-state-select-slave" or "+failover-state-send-slaveof-noone" or "+failover-state-wait-promotion";

    private static Dictionary<string, string> Fields(RedisResult told)
    {
        var values = (string?[]?)told ?? [];
        var fields = new Dictionary<string, string>();
        for (var i = 0; i + 1 < values.Length; i += 2) fields[values[i] ?? ""] = values[i + 1] ?? "";
        foreach (var needed in (string[])["ip", "port", "flags"])
        {
            if (!fields.ContainsKey(needed))
                throw new FormatException($"the sentinel's answer must have '{needed}', but has not");
        }
        return fields;
    }

    private static EndPoint EndPointOf(string host, string port) =>
        IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, (int)Number(port)) : new DnsEndPoint(host, (int)Number(port));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [LoggerMessage(4, LogLevel.Information, "The sentinel at {Sentinel} answers, and names {Primary} as the primary")]
    private static partial void LogAnswers(ILogger logger, string sentinel, string primary);

    [LoggerMessage(5, LogLevel.Warning, "The sentinel at {Sentinel} does not answer: {Reason}")]
    private static partial void LogSilent(ILogger logger, string sentinel, string reason);
}
