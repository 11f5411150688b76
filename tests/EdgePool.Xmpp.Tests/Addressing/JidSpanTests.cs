using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>RFC 7622 section 3 over bytes: splitting, limits, and what is left alone.</summary>
public sealed class JidSpanTests
{
    // RFC 7622 section 3.5, table 1, and section 3.1 for the separators.
    [Theory]
    [InlineData("example-1", "juliet@example.com", "juliet", "example.com", "")]
    [InlineData("example-2", "juliet@example.com/foo", "juliet", "example.com", "foo")]
    [InlineData("example-3", "juliet@example.com/foo bar", "juliet", "example.com", "foo bar")]
    [InlineData("example-4", "juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar")]
    [InlineData("example-5", "foo\\20bar@example.com", "foo\\20bar", "example.com", "")]
    [InlineData("example-6", "fussball@example.com", "fussball", "example.com", "")]
    [InlineData("example-7", "fu\u00DFball@example.com", "fu\u00DFball", "example.com", "")]
    [InlineData("example-8", "\u03C0@example.com", "\u03C0", "example.com", "")]
    [InlineData("example-9", "\u03A3@example.com/foo", "\u03C3", "example.com", "foo")]
    [InlineData("example-10", "\u03C3@example.com/foo", "\u03C3", "example.com", "foo")]
    [InlineData("example-11", "\u03C2@example.com/foo", "\u03C2", "example.com", "foo")]
    [InlineData("example-12", "king@example.com/\u265A", "king", "example.com", "\u265A")]
    [InlineData("example-13", "example.com", "", "example.com", "")]
    [InlineData("example-14", "example.com/foobar", "", "example.com", "foobar")]
    [InlineData("example-15", "a.example.com/b@example.net", "", "a.example.com", "b@example.net")]
    [InlineData("JID-02", "a@p1.example/@p2.example", "a", "p1.example", "@p2.example")]
    [InlineData("JID-03a", "a@p2.example/@p1.example", "a", "p2.example", "@p1.example")]
    [InlineData("JID-03b", "a/b@p1.example", "", "a", "b@p1.example")]
    [InlineData("JID-03c", "p2.example/a@p1.example", "", "p2.example", "a@p1.example")]
    [InlineData("JID-06", "A@P1.EXAMPLE", "a", "p1.example", "")]
    [InlineData("JID-07", "a@p1.example.", "a", "p1.example", "")]
    [InlineData("slashes", "a@b//c/", "a", "b", "/c/")]
    [InlineData("ipv4", "a@192.0.2.1/r", "a", "192.0.2.1", "r")]
    [InlineData("ipv6", "a@[2001:DB8:0:0::1]/r", "a", "[2001:db8::1]", "r")]
    [InlineData("resource-case", "a@b/R", "a", "b", "R")]
    public void TryParse_Address_GivesCanonicalParts(string id, string text, string local, string domain, string resource)
    {
        Assert.NotEmpty(id);
        Assert.True(JidSpan.TryParse(Encoding.UTF8.GetBytes(text), out var jid));
        Assert.Equal(local, Encoding.UTF8.GetString(jid.Local));
        Assert.Equal(domain, Encoding.UTF8.GetString(jid.Domain));
        Assert.Equal(resource, Encoding.UTF8.GetString(jid.Resource));
        var bare = (local.Length == 0 ? "" : local + "@") + domain;
        Assert.Equal(bare, Encoding.UTF8.GetString(jid.Bare));
        Assert.Equal(bare + (resource.Length == 0 ? "" : "/" + resource), Encoding.UTF8.GetString(jid.Full));
    }

    // RFC 7622 section 3.5, table 2, and section 3.1.
    [Theory]
    [InlineData("bad-16", "\"juliet\"@example.com")]
    [InlineData("bad-17", "foo bar@example.com")]
    [InlineData("bad-19", "@example.com/")]
    [InlineData("bad-20", "henry\u2163@example.com")]
    [InlineData("bad-21", "\u265A@example.com")]
    [InlineData("bad-22", "juliet@")]
    [InlineData("bad-23", "/foobar")]
    [InlineData("JID-04a", "a@b@p1.example")]
    [InlineData("JID-04b", "@p1.example")]
    [InlineData("JID-04c", "a@")]
    [InlineData("JID-04d", "a@/r")]
    [InlineData("JID-04e", "a@p1.example/")]
    [InlineData("JID-04f", "/r")]
    [InlineData("JID-04g", "@")]
    [InlineData("JID-04h", "")]
    [InlineData("JID-04i", "/")]
    [InlineData("JID-07", "a@p1.example..")]
    [InlineData("JID-19", "a@p1.example/\u0007")]
    [InlineData("del", "a@p1.example/\u007F")]
    [InlineData("apostrophe", "d'artagnan@musketeers.example")]
    [InlineData("colon", "a:b@p1.example")]
    [InlineData("ampersand", "a&b@p1.example")]
    [InlineData("less", "a<b@p1.example")]
    [InlineData("greater", "a>b@p1.example")]
    [InlineData("fullwidth-at", "a\uFF20p1.example@p2.example")]
    [InlineData("fullwidth-slash", "a\uFF0Fb@p2.example")]
    [InlineData("fullwidth-quote", "a\uFF02b@p2.example")]
    [InlineData("control", "a\u0001@p1.example")]
    [InlineData("nbsp", "a\u00A0b@p1.example")]
    [InlineData("ideographic-space", "a\u3000b@p1.example")]
    public void TryParse_MalformedAddress_IsRefused(string id, string text)
    {
        Assert.NotEmpty(id);
        Assert.False(JidSpan.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }
}
