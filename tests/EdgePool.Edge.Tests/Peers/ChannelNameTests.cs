using System.Text;
using EdgePool.Edge.Peers;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class ChannelNameTests
{
    [Fact]
    public void Name_IsReadAsItWasWritten()
    {
        var backEnd = new ChannelName(DomainName.Parse("bücher.example"));
        var partner = new ChannelName(DomainName.Parse("p1.example"), DomainName.Parse("bücher.example"), 7);

        Assert.Equal("xn--bcher-kva.example", Encoding.UTF8.GetString(backEnd.Utf8.Span));
        Assert.Equal("xn--bcher-kva.example p1.example 7", Encoding.UTF8.GetString(partner.Utf8.Span));
        Assert.Equal(backEnd, ChannelName.Read(backEnd.Utf8.Span));
        Assert.Equal(partner, ChannelName.Read(partner.Utf8.Span));
        Assert.NotEqual(partner, partner with { Number = 8 });
    }

    [Fact]
    public void Name_OfTheLongestDomains_FitsOnTheWire()
    {
        var label = new string('a', 63);
        var longest = DomainName.Parse($"{label}.{label}.{label}.{new string('b', 61)}");
        var name = new ChannelName(longest, longest, uint.MaxValue);

        Assert.InRange(name.Utf8.Length, ChannelName.Longest - 5, ChannelName.Longest);
        Assert.Equal(name, ChannelName.Read(name.Utf8.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a.example b.example")]
    [InlineData("a.example b.example c")]
    [InlineData("a.example b.example -1")]
    [InlineData("a.example b.example 4294967296")]
    [InlineData("a.example b.example 1 2")]
    [InlineData("a.example  1")]
    [InlineData("a..example")]
    public void Bytes_ThatAreNoName_AreRefused(string text) => Assert.Null(ChannelName.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_TooMany_AreRefused() => Assert.Null(ChannelName.Read(Encoding.UTF8.GetBytes(new string('a', ChannelName.Longest + 1))));
}
