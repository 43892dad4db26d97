using System.Net;
using RestMq.Server.Access;

namespace RestMq.Server;

/// <summary>Tests the rules for addresses. The cases include the original's own examples.</summary>
public sealed class NetworkRulesTests
{
    [Theory]
    [InlineData("", "", "192.0.2.7", true)]
    [InlineData("10.0.0.1", "", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "", "127.0.0.1", false)]
    [InlineData("127.0.0", "", "127.0.0.1", true)]
    [InlineData("127.0.0", "", "127.0.1.1", false)]
    [InlineData("", "127.", "127.0.0.1", false)]
    [InlineData("", "127.", "10.0.0.1", true)]
    [InlineData("", "all", "10.0.0.1", false)]
    [InlineData("", "all", "2001:db8::1", false)]
    [InlineData("127.0.0.1", "all", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "all", "127.0.0.2", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.2.2.3", true)]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.1", false)]
    [InlineData("10.0.0.1", "127.", "192.0.2.7", false)]
    [InlineData("10.0.0.0/8", "", "::ffff:10.2.3.4", true)]
    [InlineData("::ffff:10.2.3.4", "", "10.2.3.4", true)]
    [InlineData("2001:db8::/32", "", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "", "2001:db9::1", false)]
    [InlineData("10.0.0.1/8", "", "10.9.9.9", true)]
    [InlineData("all", "", null, false)]
    [InlineData("", "", null, true)]
    public void LetsIn_SeveralNetworks_NarrowestDecides(string allow, string deny, string? address, bool letIn) =>
        new NetworkRules(Parse(allow), Parse(deny)).LetsIn(address is null ? null : IPAddress.Parse(address)).Should().Be(letIn);

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.256.")]
    [InlineData("1.2.3.4.5")]
    [InlineData("example.org")]
    [InlineData("fe80:")]
    [InlineData("")]
    [InlineData(".")]
    public void TryParse_InvalidNetwork_ReturnsFalse(string text) => NetworkRules.TryParse(text, []).Should().BeFalse();

    private static List<IPNetwork> Parse(string text)
    {
        var networks = new List<IPNetwork>();
        if (text.Length > 0) NetworkRules.TryParse(text, networks).Should().BeTrue();
        return networks;
    }
}
