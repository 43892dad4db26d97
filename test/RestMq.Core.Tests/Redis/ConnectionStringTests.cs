using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RestMq.Redis.Connections;

namespace RestMq.Redis;

/// <summary>Verifies how connection strings are read, and that an error never shows a part that may be a secret.</summary>
public sealed class ConnectionStringTests
{
    private const string Secret = "s3cret";

    [Theory]
    [InlineData("redis://host", "host:6379", null, null, null, false)]
    [InlineData("redis://host:7000/3", "host:7000", null, null, 3, false)]
    [InlineData("REDIS://host/", "host:6379", null, null, null, false)]
    [InlineData("redis://:s3cret@host", "host:6379", null, "s3cret", null, false)]
    [InlineData("redis://app:s3cret@host:7000/0", "host:7000", "app", "s3cret", 0, false)]
    [InlineData("rediss://app:s3cret@host", "host:6379", "app", "s3cret", null, true)]
    [InlineData("redis://app:a%2Cb%3Ac%40d%2Fe%25@host", "host:6379", "app", "a,b:c@d/e%", null, false)]
    [InlineData("redis://app:p@ss,word@host", "host:6379", "app", "p@ss,word", null, false)]
    [InlineData("redis://a:7000,b,[::1]:7001/2", "a:7000|b:6379|[::1]:7001", null, null, 2, false)]
    [InlineData("redis://127.0.0.1:7000?password=a%2Cb&user=app&defaultDatabase=4&ssl=true", "127.0.0.1:7000", "app", "a,b", 4, true)]
    [InlineData("host", "host:6379", null, null, null, false)]
    [InlineData(" host:7000 , ssl = true , password=a=b==", "host:7000", null, "a=b==", null, true)]
    [InlineData("host,ssl=true", "host:6380", null, null, null, true)]
    [InlineData("::1,user=app,password=s3cret", "[::1]:6379", "app", "s3cret", null, false)]
    public void Read_ValidString_SetsServersAndCredentials(string text, string servers, string? user, string? password, int? database, bool tls)
    {
        var read = RedisConnectionString.Read(text);
        read.Mistakes.Should().BeEmpty();
        string.Join('|', read.Options.EndPoints.Select(RedisSettings.NameOf)).Should().Be(servers);
        (read.Options.User, read.Options.Password, read.Options.DefaultDatabase, read.Options.Ssl).Should().Be((user, password, database, tls));
    }

    [Fact]
    public void Read_Sentinels_KeepTheirDefaultPort()
    {
        foreach (var text in new[] { "redis://a,b:5000?serviceName=mymaster", "a,b:5000,serviceName=mymaster" })
        {
            var read = RedisConnectionString.Read(text);
            read.Mistakes.Should().BeEmpty();
            read.Options.ServiceName.Should().Be("mymaster");
            read.Options.EndPoints.Should().Equal(new DnsEndPoint("a", 0), new DnsEndPoint("b", 5000));
        }
    }

    [Fact]
    public void Read_Timeouts_AreThoseOfTheString()
    {
        foreach (var text in new[] { "redis://a?asyncTimeout=5000&$CONFIG=", "a,asyncTimeout=5000,$CONFIG=" })
        {
            var options = RedisSettings.Of(new RedisStoreOptions { Configuration = text })!;
            (options.AsyncTimeout, options.ConnectTimeout, options.AbortOnConnectFail).Should().Be((5000, 5000, false));
            options.CommandMap.ToString().Should().Contain("CONFIG");
        }
        RedisSettings.Of(new RedisStoreOptions { Configuration = "a" })!.AsyncTimeout.Should().Be((int)RedisSettings.DefaultCallTimeout.TotalMilliseconds);
    }

    [Theory]
    [InlineData("", "*is blank*")]
    [InlineData("   ", "*is blank*")]
    [InlineData("ssl=true", "*names none*")]
    [InlineData("host,pasword=s3cret", "*no option 'pasword'*Use 'password'*")]
    [InlineData("host,ssl=maybe", "*value of ssl (part 2) is not valid: 'maybe'*")]
    [InlineData("host,connectTimeout=soon", "*value of connectTimeout*'soon'*")]
    [InlineData("host,asyncTimeout=0", "*value of asyncTimeout (part 2) is not valid: '0'*")]
    [InlineData("host,connectTimeout=-5", "*connectTimeout must be 1 ms or more, but was -5*")]
    [InlineData("host,defaultDatabase=-1", "*defaultDatabase must be 0 or more, but was -1*")]
    [InlineData("host,user=app", "*user must have a password*")]
    [InlineData("host:99999", "*port of server 1 must be 1 to 65535, but was 99999*")]
    [InlineData("host:0", "*port of server 1*but was 0*")]
    [InlineData("host:s3cret", "*port of server 1*is not a number*")]
    [InlineData(":99999", "*server 1 must be a host*")]
    [InlineData("host/0", "*server 1*redis://host:6379/0*")]
    [InlineData("app:s3cret@host:6379", "*server 1*need a URI*")]
    [InlineData("http://host", "*scheme*must be redis or rediss, but was 'http'*")]
    [InlineData("redis+tls://app:s3cret@host", "*but was 'redis+tls'*")]
    [InlineData("redis://", "*server 1 must be a host*")]
    [InlineData("redis://app:s3cret@", "*server 1 must be a host*")]
    [InlineData("redis://s3cret@host", "*user must have a password*redis://:password@host*")]
    [InlineData("redis://:s3cret@host:99999", "*port of server 1*99999*")]
    [InlineData("redis://:s3%zzcret@host", "*'%'*two hexadecimal digits*")]
    [InlineData("redis://:s3cret/x@host", "*%2F*")]
    [InlineData("redis://:s3cret?x@host", "*%3F*")]
    [InlineData("redis://:x#s3cret@host", "*fragment*%23*")]
    [InlineData("redis://host/s3cret", "*number of a database*")]
    [InlineData("redis://host?pasword=s3cret", "*'pasword'*Use 'password'*")]
    [InlineData("redis://host?s3cret", "*query option 1 must be name=value*")]
    [InlineData("rediss://host?ssl=false", "*must not have ssl=false*")]
    [InlineData("host,password=a,s3cret", "*part 3 must be name=value, because it follows a password*")]
    [InlineData("host,password=a,s3cret=b", "*part 3 names no option*may be part of a password*redis://:password@host*")]
    [InlineData("host,password=a,ssl=s3cret", "*value of ssl (part 3) is not valid.")]
    [InlineData("host,s3cret==", "*part 2 names no option*")]
    public void Read_Mistake_IsNamedAndShowsNoSecret(string text, string told)
    {
        var options = new RedisStoreOptions { Configuration = text, ConfigurationPlace = "RestMq:Redis" };
        var failure = new RedisStoreOptionsValidator().Validate(null, options).Failures.Should().ContainSingle().Subject;
        failure.Should().StartWith("RestMq:Redis").And.Match(told).And.NotContain(Secret);
        FluentActions.Invoking(() => RedisSettings.Of(options)).Should().Throw<FormatException>("a store that is made without validation must refuse it too")
            .Which.ToString().Should().NotContain(Secret);
    }

    public static TheoryData<string, Action<RestMqBuilder>> Nameless => new()
    {
        { "no text", builder => builder.UseRedis((string?)null) },
        { "a blank text", builder => builder.UseRedis(" ") },
        { "nothing set", builder => builder.UseRedis(_ => { }) },
        { "an empty object", builder => builder.UseRedis(options => options.ConfigurationOptions = new()) },
    };

    [Theory, MemberData(nameof(Nameless), DisableDiscoveryEnumeration = true)]
    public void Start_NoServerNamed_IsAnErrorThatSaysWhatToSet(string what, Action<RestMqBuilder> use)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        use(services.AddRestMq());
        FluentActions.Invoking(() => services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate())
            .Should().Throw<OptionsValidationException>(what).Which.Failures.Should().ContainSingle().Which.Should().Match("*must name a*server*");
    }

    [Fact]
    public void UseRedis_NullConnection_Throws()
    {
        var builder = new ServiceCollection().AddRestMq();
        builder.Invoking(one => one.UseRedis((StackExchange.Redis.IConnectionMultiplexer)null!)).Should().Throw<ArgumentNullException>();
        builder.Invoking(one => one.UseRedis((Action<RedisStoreOptions>)null!)).Should().Throw<ArgumentNullException>();
    }
}
