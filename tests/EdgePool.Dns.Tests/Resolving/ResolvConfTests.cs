using System.Net;
using EdgePool.Dns.Resolving;

namespace EdgePool.Dns.Tests.Resolving;

// resolv.conf(5).
public sealed class ResolvConfTests
{
    [Fact]
    public void Parse_UsualFile_GivesServersAndTimes()
    {
        var file = ResolvConf.Parse(
            """
            # a comment
            ; another
            domain contoso.example
            search contoso.example lab.contoso.example
            nameserver 192.0.2.1
            nameserver	2001:db8::1   # behind
              nameserver 192.0.2.1
            options timeout:3 attempts:4 ndots:5 rotate edns0
            """);

        Assert.Equal([IPEndPoint.Parse("192.0.2.1:53"), IPEndPoint.Parse("[2001:db8::1]:53")], file.Servers);
        Assert.Equal(TimeSpan.FromSeconds(3), file.Timeout);
        Assert.Equal(4, file.Attempts);
        Assert.Empty(file.Warnings);
    }

    [Theory]
    [InlineData("nameserver", 0, 1)]
    [InlineData("nameserver dns.example", 0, 1)]
    [InlineData("nameserver 1", 0, 1)]
    [InlineData("nameserver 0x7f.1", 0, 1)]
    [InlineData("nameserver 192.0.2.256", 0, 1)]
    [InlineData("nameserver 127.0.0.1:5353", 1, 0)]
    [InlineData("options", 0, 0)]
    [InlineData("options timeout: attempts:x timeout:-1 timeout:99999999999", 0, 0)]
    [InlineData("nonsense", 0, 0)]
    [InlineData("\0\0\0", 0, 0)]
    [InlineData("", 0, 0)]
    public void Parse_OddLine_IsSkippedAndReported(string text, int servers, int warnings)
    {
        var file = ResolvConf.Parse(text);

        Assert.Equal((servers, warnings), (file.Servers.Length, file.Warnings.Length));
        Assert.Null(file.Timeout);
        Assert.Null(file.Attempts);
    }

    [Theory]
    [InlineData("options timeout:0 attempts:0", 1, 1)]
    [InlineData("options timeout:5 attempts:5", 5, 5)]
    [InlineData("options timeout:600 attempts:600", 5, 5)]
    public void Parse_TimesOutOfRange_AreBrought(string text, int seconds, int attempts)
    {
        var options = ResolvConf.Parse(text).ToOptions();

        Assert.Equal((TimeSpan.FromSeconds(seconds), attempts), (options.TryTimeout, options.Attempts));
    }

    [Fact]
    public void Parse_MoreServersThanTheLimit_UsesTheFirst()
    {
        var file = ResolvConf.Parse(string.Join('\n', Enumerable.Range(1, 9).Select(i => $"nameserver 192.0.2.{i}")));

        Assert.Equal(8, file.Servers.Length);
        Assert.Equal("line 9: more than 8 servers, this one is not used", Assert.Single(file.Warnings));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData("192.0.2.1:5353", "192.0.2.1:5353")]
    [InlineData("2001:db8::1", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]:5353", "[2001:db8::1]:5353")]
    [InlineData("::1", "[::1]:53")]
    public void TryParseServer_Server_IsTaken(string text, string endPoint)
    {
        Assert.True(ResolvConf.TryParseServer(text, out var server));
        Assert.Equal(IPEndPoint.Parse(endPoint), server);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":53")]
    [InlineData("192.0.2.1:")]
    [InlineData("192.0.2.1:0")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:+1")]
    [InlineData("[192.0.2.1]:53")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[]:53")]
    [InlineData("dns.example:53")]
    public void TryParseServer_NoServer_IsRefused(string text) => Assert.False(ResolvConf.TryParseServer(text, out _));
}
