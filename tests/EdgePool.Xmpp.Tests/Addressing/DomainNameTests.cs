using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>RFC 7622 section 3.2 and IDNA2008 (RFC 5890 to 5893).</summary>
public sealed class DomainNameTests
{
    [Theory]
    [InlineData("lower", "p1.example", "p1.example", "p1.example")]
    [InlineData("JID-06", "P1.EXAMPLE", "p1.example", "p1.example")]
    [InlineData("JID-07", "p1.example.", "p1.example", "p1.example")]
    [InlineData("JID-09", "p\u0430ypal.example", "p\u0430ypal.example", "xn--pypal-4ve.example")]
    [InlineData("JID-11d", "xn--bcher-KVA", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("JID-22-upper-prefix", "XN--BCHER-KVA", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("JID-22-u-label", "b\u00FCcher", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("JID-22-upper-u-label", "B\u00DCCHER", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("JID-22-nfd", "bu\u0308cher", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("JID-22-fullwidth", "\uFF22\u00FCcher", "b\u00FCcher", "xn--bcher-kva")]
    [InlineData("fullwidth-ascii", "\uFF30\uFF11.example", "p1.example", "p1.example")]
    [InlineData("sharp-s", "stra\u00DFe.example", "stra\u00DFe.example", "xn--strae-oqa.example")]
    [InlineData("final-sigma", "\u03B2\u03CC\u03BB\u03BF\u03C2.example", "\u03B2\u03CC\u03BB\u03BF\u03C2.example", "xn--nxasmm1c.example")]
    [InlineData("cyrillic", "\u043F\u0440\u0438\u043C\u0435\u0440.example", "\u043F\u0440\u0438\u043C\u0435\u0440.example", "xn--e1afmkfd.example")]
    [InlineData("a-label-ends-in-digit", "\u4F8B\u5B50.\u6D4B\u8BD5", "\u4F8B\u5B50.\u6D4B\u8BD5", "xn--fsqu00a.xn--0zwm56d")]
    [InlineData("zwnj", "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC.example", "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC.example", "xn--mgba3gch31f060k.example")]
    [InlineData("hebrew", "\u05D0\u05D1.example", "\u05D0\u05D1.example", "xn--4dbc.example")]
    [InlineData("cherokee-stays", "\u13A0\u13A1.example", "\u13A0\u13A1.example", "xn--58dc.example")]
    [InlineData("single-label", "localhost", "localhost", "localhost")]
    [InlineData("digit-first", "3com.example", "3com.example", "3com.example")]
    [InlineData("hyphens", "a-b--c.example", "a-b--c.example", "a-b--c.example")]
    [InlineData("digits-within", "1.2.3.4.example", "1.2.3.4.example", "1.2.3.4.example")]
    [InlineData("ipv4", "192.0.2.1", "192.0.2.1", "192.0.2.1")]
    [InlineData("ipv4-dot", "192.0.2.1.", "192.0.2.1", "192.0.2.1")]
    [InlineData("ipv6", "[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]")]
    [InlineData("ipv6-spelled", "[2001:0DB8:0:0:0:0:0:1]", "[2001:db8::1]", "[2001:db8::1]")]
    [InlineData("ipv6-mapped", "[::FFFF:192.0.2.1]", "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]")]
    public void TryParse_Name_GivesBothForms(string id, string text, string unicode, string ascii)
    {
        Assert.NotEmpty(id);
        Assert.True(DomainName.TryParse(text, out var domain));
        Assert.Equal(unicode, domain.Unicode);
        Assert.Equal(ascii, domain.Ascii);
        Assert.Equal(ascii, domain.ToString());
        Assert.Equal(unicode, Encoding.UTF8.GetString(domain.Utf8));
        Assert.Equal(domain, DomainName.Parse(unicode));
        Assert.Equal(domain, DomainName.Parse(ascii));
        Assert.Equal(domain.GetHashCode(), DomainName.Parse(ascii).GetHashCode());
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("dot", ".")]
    [InlineData("JID-07-two-dots", "p1.example..")]
    [InlineData("empty-label", "p1..example")]
    [InlineData("dot-first", ".p1.example")]
    [InlineData("JID-08-3002", "p1\u3002example")]
    [InlineData("JID-08-FF0E", "p1\uFF0Eexample")]
    [InlineData("JID-08-FF61", "p1\uFF61example")]
    [InlineData("JID-08-2024", "p1\u2024example")]
    [InlineData("JID-08-FE52", "p1\uFE52example")]
    [InlineData("JID-08-trailing", "p1.example\u3002")]
    [InlineData("JID-11a", "xn--a")]
    [InlineData("JID-11b", "xn--")]
    [InlineData("JID-11c", "xn--example-")]
    [InlineData("JID-11-within", "www.xn--a.example")]
    [InlineData("a-label-overflow", "xn--999999999")]
    [InlineData("a-label-truncated", "xn--bcher-kv")]
    [InlineData("a-label-bad-digit", "xn--bcher_kva")]
    [InlineData("a-label-surrogate", "xn--a-rc4g.example")]
    [InlineData("a-label-of-symbol", "xn--n3h")]
    [InlineData("a-label-of-emoji", "xn--e28h.example")]
    [InlineData("a-label-of-upper-case", "xn--bcher-2pa")]
    [InlineData("a-label-of-nfd", "xn--eclat-6ed")]
    [InlineData("a-label-of-a-label", "xn--xn---3ra")]
    [InlineData("a-label-hyphen-first", "xn----eha")]
    [InlineData("a-label-hyphen-last", "xn----dha")]
    [InlineData("a-label-mark-first", "xn--a-wbb")]
    [InlineData("a-label-context", "xn--lx-0ea")]
    [InlineData("a-label-bidi", "xn--a-zhc")]
    [InlineData("a-label-unassigned", "xn--a-qib")]
    [InlineData("a-label-noncharacter", "xn--0n7c")]
    [InlineData("hyphens-at-three", "ab--cd.example")]
    [InlineData("hyphens-at-three-u-label", "ab--c\u00FC.example")]
    [InlineData("hyphen-first", "-a.example")]
    [InlineData("hyphen-last", "a-.example")]
    [InlineData("hyphen-first-u-label", "-\u00FC.example")]
    [InlineData("hyphen-last-u-label", "\u00FC-.example")]
    [InlineData("underscore", "_xmpp.example")]
    [InlineData("space", "p 1.example")]
    [InlineData("nul", "p1\0.example")]
    [InlineData("at", "a@p1.example")]
    [InlineData("slash", "p1.example/a")]
    [InlineData("port", "p1.example:5269")]
    [InlineData("mark-first", "\u0301\u00FC.example")]
    [InlineData("emoji", "\u2615.example")]
    [InlineData("soft-hyphen", "p\u00AD1.example")]
    [InlineData("circled-digit", "\u2460.example")]
    [InlineData("tatweel", "\u0640\u0628.example")]
    [InlineData("JID-16-zwj", "a\u200Db.example")]
    [InlineData("JID-16-middle-dot", "l\u00B7x.example")]
    [InlineData("JID-16-katakana-dot", "\u30FB.example")]
    [InlineData("JID-16-digits", "\u0628\u0660\u06F0.example")]
    [InlineData("bidi-label", "\u05D0a.example")]
    [InlineData("bidi-other-label", "1a.\u05D0\u05D1.example")]
    [InlineData("bidi-a-label", "1a.xn--4dbc.example")]
    [InlineData("number-last", "p1.example.1")]
    [InlineData("ipv4-short", "192.0.2")]
    [InlineData("ipv4-long", "1.192.0.2.1")]
    [InlineData("ipv4-zero-first", "192.0.02.1")]
    [InlineData("ipv4-256", "192.0.2.256")]
    [InlineData("ipv4-letters", "192.0.a.1")]
    [InlineData("ipv4-number", "3221225985")]
    [InlineData("ipv6-zone", "[fe80::1%eth0]")]
    [InlineData("ipv6-prefix", "[2001:db8::/32]")]
    [InlineData("ipv6-open", "[2001:db8::1")]
    [InlineData("ipv6-port", "[2001:db8::1]:5269")]
    [InlineData("ipv6-bare", "2001:db8::1")]
    [InlineData("ipv6-nested", "[[::1]]")]
    [InlineData("ipv4-in-brackets", "[192.0.2.1]")]
    [InlineData("brackets-empty", "[]")]
    [InlineData("bracket", "[")]
    [InlineData("ipv-future", "[v1.a]")]
    [InlineData("lone-surrogate", "a\uD800.example")]
    public void TryParse_NotAName_IsRefused(string id, string text)
    {
        Assert.NotEmpty(id);
        Assert.False(DomainName.TryParse(text, out var domain));
        Assert.Null(domain);
        Assert.Throws<FormatException>(() => DomainName.Parse(text));
    }

    [Fact]
    public void Equals_LookAlikes_Differ()
    {
        // JID-09: Cyrillic U+0430 for a.
        Assert.NotEqual(DomainName.Parse("paypal.example"), DomainName.Parse("p\u0430ypal.example"));
        Assert.False(DomainName.Parse("paypal.example").Equals(null));
    }

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("[::1]", true)]
    [InlineData("p1.example", false)]
    [InlineData("\u6D4B\u8BD5", false)]
    [InlineData("example.a1", false)]
    public void IsAddressLiteral_Name_TellsAddressesFromHosts(string text, bool expected)
        => Assert.Equal(expected, DomainName.Parse(text).IsAddressLiteral);

    [Fact]
    public void Comparer_AskedWithTheDomainOfAnAddress_FindsTheName()
    {
        var table = new Dictionary<DomainName, int>(DomainNameComparer.Instance)
        {
            [DomainName.Parse("xn--bcher-kva.example")] = 1,
            [DomainName.Parse("p1.example")] = 2,
        };
        var lookup = table.GetAlternateLookup<ReadOnlySpan<byte>>();

        Assert.True(JidSpan.TryParse(Encoding.UTF8.GetBytes("a@B\u00DCCHER.example/r"), out var jid));
        Assert.Equal(1, lookup[jid.Domain]);
        Assert.Equal(2, table[DomainName.Parse("P1.example.")]);
        Assert.False(lookup.ContainsKey("p2.example"u8));
        lookup["p3.example"u8] = 3;
        Assert.Equal(3, table[DomainName.Parse("p3.example")]);
        Assert.Throws<FormatException>(() => { lookup["P4.example"u8] = 4; });
    }
}
