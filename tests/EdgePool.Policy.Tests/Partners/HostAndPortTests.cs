using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Policy.Tests.Partners;

public sealed class HostAndPortTests
{
    [Theory]
    [InlineData("xmpp.partner.example", "xmpp.partner.example", null)]
    [InlineData("XMPP.partner.example.:5269", "xmpp.partner.example", 5269)]
    [InlineData("192.0.2.1:1", "192.0.2.1", 1)]
    [InlineData("[2001:db8::5]:65535", "2001:db8::5", 65535)]
    [InlineData("[2001:db8::5]", "2001:db8::5", null)]
    public void TryParse_HostWithOrWithoutPort_IsTaken(string text, string host, int? port)
    {
        Assert.True(HostAndPort.TryParse(text, out var parsedHost, out var parsedPort));
        Assert.Equal((host, port), (parsedHost, parsedPort));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":5269")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host: 1")]
    [InlineData("2001:db8::5")]
    [InlineData("[192.0.2.1]:5269")]
    [InlineData("[2001:db8::5")]
    [InlineData("a b:5269")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(HostAndPort.TryParse(text, out _, out _));
}
