using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>The owning form: equality of spellings, and what is shown.</summary>
public sealed class JidTests
{
    // JID-22: a rule must not be dodged by spelling.
    [Theory]
    [InlineData("case", "ROMEO@B\u00DCCHER.example")]
    [InlineData("fullwidth", "\uFF32omeo@b\u00FCcher.example")]
    [InlineData("trailing-dot", "romeo@b\u00FCcher.example.")]
    [InlineData("nfd", "romeo@bu\u0308cher.example")]
    [InlineData("a-label", "romeo@xn--bcher-kva.example")]
    [InlineData("a-label-case", "romeo@XN--BCHER-KVA.example")]
    [InlineData("fullwidth-domain", "romeo@\uFF42\u00FCcher.\uFF25xample")]
    public void Equals_OtherSpelling_IsTheSameJid(string id, string spelling)
    {
        Assert.NotEmpty(id);
        var plain = Jid.Parse("romeo@b\u00FCcher.example");
        Assert.Equal(plain, Jid.Parse(spelling));
        Assert.Equal(plain.GetHashCode(), Jid.Parse(spelling).GetHashCode());
        Assert.Equal(plain.Unicode, Jid.Parse(spelling).Unicode);
    }

    [Theory]
    [InlineData("local", "juliet@a.example/r")]
    [InlineData("no-local", "a.example/r")]
    [InlineData("domain", "romeo@b.example/r")]
    [InlineData("resource-case", "romeo@a.example/R")]
    [InlineData("no-resource", "romeo@a.example")]
    public void Equals_OtherPart_IsAnotherJid(string id, string other)
    {
        Assert.NotEmpty(id);
        Assert.NotEqual(Jid.Parse("romeo@a.example/r"), Jid.Parse(other));
    }

    [Fact]
    public void Parts_FullJid_AreCanonical()
    {
        var jid = Jid.Parse("Romeo@B\u00FCcher.example/Gajim 1");
        Assert.Equal("romeo", jid.Local);
        Assert.Equal(DomainName.Parse("b\u00FCcher.example"), jid.Domain);
        Assert.Equal("Gajim 1", jid.Resource);
        Assert.False(jid.IsBare);
        Assert.Equal("romeo@b\u00FCcher.example/Gajim 1", jid.Unicode);
        Assert.Equal("romeo@xn--bcher-kva.example/Gajim 1", jid.ToString());
        Assert.Equal(jid, Jid.Parse(jid.ToString()));
        Assert.Equal(Jid.Parse("romeo@b\u00FCcher.example"), jid.Bare);
        Assert.Same(jid.Bare.Domain, jid.Domain);
    }

    [Fact]
    public void Parts_DomainOnly_AreNull()
    {
        var jid = Jid.Parse("p1.example");
        Assert.Null(jid.Local);
        Assert.Null(jid.Resource);
        Assert.True(jid.IsBare);
        Assert.Same(jid, jid.Bare);
        Assert.Equal("p1.example", jid.ToString());
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("JID-04", "a@b@p1.example")]
    [InlineData("lone-surrogate", "\uD800@p1.example")]
    public void Parse_Malformed_Throws(string id, string text)
    {
        Assert.NotEmpty(id);
        Assert.False(Jid.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Jid.Parse(text));
    }

    // The longest raw address that can still become one, and one octet more.
    [Fact]
    public void TryParse_RawAddressAtTheLimit_IsTheLastToPass()
    {
        var fullwidth = new string('\uFF21', 1023);
        var address = fullwidth + "@p1.example/" + new string('\u3000', 1023);
        Assert.True(Jid.TryParse(address, out var jid));
        Assert.Equal(1023, jid.Local!.Length);
        Assert.False(Jid.TryParse(address + "a", out _));
        Assert.False(Jid.TryParse(new string('a', 1_000_000), out _));
    }

    [Fact]
    public void From_Span_OutlivesItsBuffer()
    {
        var buffer = Encoding.UTF8.GetBytes("romeo@p1.example/r");
        Assert.True(JidSpan.TryParse(buffer, out var span));
        var jid = Jid.From(span);
        buffer.AsSpan().Clear();
        Assert.Equal("romeo@p1.example/r", jid.ToString());
    }
}
