using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>Both sides of each limit (RFC 7622 sections 3.2 to 3.4, RFC 1035 section 2.3.4).</summary>
public sealed class AddressLimitTests
{
    // JID-13: 1023 octets in UTF-8, with two-byte letters; enforced after mapping (RFC 7622 section 3.3.1).
    [Theory]
    [InlineData("ascii", "a", 1023, true)]
    [InlineData("ascii", "a", 1024, false)]
    [InlineData("mapped-ascii", "A", 1023, true)]
    [InlineData("mapped-ascii", "A", 1024, false)]
    [InlineData("two-byte", "\u0436", 511, true)]
    [InlineData("two-byte", "\u0436", 512, false)]
    [InlineData("fullwidth-shrinks", "\uFF21", 1023, true)]
    [InlineData("fullwidth-shrinks", "\uFF21", 1024, false)]
    public void Localpart_AtTheLimit_IsTheLastToPass(string id, string letter, int count, bool valid)
        => Assert.Equal((id, valid), (id, Parses(Repeat(letter, count) + "@p1.example")));

    [Theory]
    [InlineData("ascii", "a", 1023, true)]
    [InlineData("ascii", "a", 1024, false)]
    [InlineData("two-byte", "\u0436", 511, true)]
    [InlineData("two-byte", "\u0436", 512, false)]
    [InlineData("space-shrinks", "\u3000", 1023, true)]
    [InlineData("space-shrinks", "\u3000", 1024, false)]
    public void Resourcepart_AtTheLimit_IsTheLastToPass(string id, string letter, int count, bool valid)
        => Assert.Equal((id, valid), (id, Parses("p1.example/" + Repeat(letter, count))));

    // NFC may lengthen: U+0958 is three octets and becomes six.
    [Theory]
    [InlineData(170, true)]
    [InlineData(171, false)]
    public void Localpart_GrowingUnderNfc_IsMeasuredAfterwards(int count, bool valid)
        => Assert.Equal(valid, Parses(Repeat("\u0958", count) + "@p1.example"));

    // JID-12. In the DNS a label has 63 octets, a name 253 as text.
    [Theory]
    [InlineData("label", 63, true)]
    [InlineData("label", 64, false)]
    public void Label_AtTheLimit_IsTheLastToPass(string id, int length, bool valid)
    {
        Assert.Equal((id, valid), (id, Parses("a@" + new string('a', length) + ".example")));
        Assert.Equal((id, valid), (id, Parses("a@" + new string('A', length) + ".example")));
    }

    // "xn--" + "a…a-" + the number for one U+00FC: the label is measured in its A-form.
    [Fact]
    public void ULabel_AtTheLimit_IsMeasuredInItsAForm()
    {
        var longest = Enumerable.Range(1, 63).Last(n => Parses(new string('a', n) + "\u00FC.example"));
        Assert.Equal(63, DomainName.Parse(new string('a', longest) + "\u00FC").Ascii.Length);
        Assert.False(Parses(new string('a', longest + 1) + "\u00FC.example"));
    }

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    [InlineData(256, false)]
    [InlineData(1024, false)]
    public void Domain_AtTheLimit_IsTheLastToPass(int length, bool valid)
    {
        var domain = Repeat(new string('a', 50) + ".", (length / 51) + 1)[..length];
        domain = domain.EndsWith('.') ? domain[..^1] + "a" : domain;
        Assert.Equal(length, domain.Length);
        Assert.Equal(valid, Parses("a@" + domain));
        Assert.Equal(valid, Parses("a@" + domain.ToUpperInvariant()));
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public void MarksInARow_AtTheStreamSafeLimit_AreTheLastToPass(int marks, bool valid)
    {
        var zalgo = "x" + Repeat("\u0316", marks);
        Assert.Equal(valid, Parses(zalgo + "@p1.example"));
        Assert.Equal(valid, Parses("p1.example/" + zalgo));
    }

    // The canonical form is held to the limit as well: U+0344 is one mark and becomes two.
    [Fact]
    public void MarksInARow_GrowingUnderNfc_AreCountedAfterwards()
    {
        Assert.True(Parses("x" + Repeat("\u0344", 15) + "@p1.example"));
        Assert.False(Parses("x" + Repeat("\u0344", 16) + "@p1.example"));
    }

    private static bool Parses(string address) => JidSpan.TryParse(Encoding.UTF8.GetBytes(address), out _);

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
