using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Tests.Messages;

// RFC 1035 sections 2.3.4 and 5.1, RFC 4343.
public sealed class DnsNameTests
{
    private static readonly string Label63 = new('a', 63);

    [Theory]
    [InlineData(".", "00")]
    [InlineData("a", "01 61 00")]
    [InlineData("a.", "01 61 00")]
    [InlineData("_xmpp-server._tcp.P1.example", "0c 5f786d70702d736572766572 04 5f746370 02 5031 07 6578616d706c65 00")]
    [InlineData("a\\.b.c", "03 61 2e 62 01 63 00")]
    [InlineData("a\\000\\255", "03 61 00 ff 00")]
    [InlineData("\\@\\\\", "02 40 5c 00")]
    public void Parse_Presentation_GivesWireForm(string text, string wire)
        => Assert.Equal(Hex.Parse(wire), DnsName.Parse(text).Wire.ToArray());

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("DNS-04 a..b")]
    [InlineData("a..")]
    [InlineData("bücher.example")]
    [InlineData("a\\")]
    [InlineData("a\\25")]
    [InlineData("a\\256")]
    [InlineData("a\\2x5")]
    public void TryParse_NotAName_IsRefused(string text)
        => Assert.False(DnsName.TryParse(text.Replace("DNS-04 ", string.Empty, StringComparison.Ordinal), out _));

    [Fact]
    public void TryParse_LabelAtAndOverItsLimit_IsTakenAndRefused()
    {
        Assert.True(DnsName.TryParse(Label63, out _));
        Assert.False(DnsName.TryParse(Label63 + "a", out _));
    }

    [Theory]
    [InlineData(61, true)] // 3 * 64 + 62 + 1 = 255 octets
    [InlineData(62, false)]
    public void TryParse_NameAtAndOverItsLimit_IsTakenAndRefused(int lastLabel, bool taken)
    {
        var text = string.Join('.', Label63, Label63, Label63, new string('b', lastLabel));

        Assert.Equal(taken, DnsName.TryParse(text, out var name));
        Assert.Equal(taken, DnsName.TryParse(text + ".", out _));
        Assert.Equal(taken ? DnsName.MaxLength : 0, name?.Wire.Length ?? 0);
    }

    [Fact]
    public void TryPrepend_WholeOverTheLimit_IsRefused()
    {
        var name = DnsName.Parse(string.Join('.', Label63, Label63, Label63, new string('b', 50)));

        Assert.True(name.TryPrepend("_tcp", out _));
        Assert.False(name.TryPrepend("_xmpp-server._tcp", out _));
    }

    [Theory]
    [InlineData("a.example", "A.EXAMPLE", true)]
    [InlineData("a.example", "b.example", false)]
    [InlineData("a.example", "example", false)]
    [InlineData("a@", "a`", false)] // '@' and '`' differ by 0x20 and are no letters
    [InlineData("a.b", "a\\.b", false)]
    public void Equals_IgnoresTheCaseOfLettersOnly(string left, string right, bool equal)
    {
        Assert.Equal(equal, DnsName.Parse(left).Equals(DnsName.Parse(right)));
        Assert.Equal(equal, DnsName.Parse(left).GetHashCode() == DnsName.Parse(right).GetHashCode());
    }

    [Theory]
    [InlineData("a.example", "example", true)]
    [InlineData("example", "EXAMPLE", true)]
    [InlineData("a.example", ".", true)]
    [InlineData("aexample", "example", false)]
    [InlineData("example", "a.example", false)]
    [InlineData("a.b.example", "c.example", false)]
    public void IsAtOrBelow_ComparesWholeLabels(string name, string ancestor, bool below)
        => Assert.Equal(below, DnsName.Parse(name).IsAtOrBelow(DnsName.Parse(ancestor)));

    [Theory]
    [InlineData("a\\.b.c")]
    [InlineData("a\\000\\255.c")]
    [InlineData("a\\\\.c")]
    [InlineData("a\\032b")]
    [InlineData(".")]
    public void ToString_IsParsedToTheSameName(string text) => Assert.Equal(text, DnsName.Parse(text).ToString());
}
