using System.Globalization;
using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>RFC 8264 and RFC 8265: UsernameCaseMapped in the localpart, OpaqueString in the resourcepart.</summary>
public sealed class PrecisTests
{
    // RFC 8265 section 3.3: width map, case map, NFC.
    [Theory]
    [InlineData("JID-14-fullwidth", "\uFF21", "a")]
    [InlineData("JID-14-kelvin", "\u212A", "k")]
    [InlineData("JID-14-sharp-s", "\u00DF", "\u00DF")]
    [InlineData("JID-14-dotted-I", "\u0130", "i\u0307")]
    [InlineData("JID-14-sigma", "\u03A3", "\u03C3")]
    [InlineData("JID-14-sigma-at-end", "\u039F\u03A3", "\u03BF\u03C3")]
    [InlineData("JID-14-final-sigma-stays", "\u03BF\u03C2", "\u03BF\u03C2")]
    [InlineData("JID-14-capital-I", "I", "i")]
    [InlineData("JID-14-dotless-i", "\u0131", "\u0131")]
    [InlineData("JID-18-nfd", "e\u0301", "\u00E9")]
    [InlineData("JID-18-nfc", "\u00E9", "\u00E9")]
    [InlineData("JID-18-nfd-upper", "E\u0301", "\u00E9")]
    [InlineData("JID-18-hangul", "\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("halfwidth-katakana", "\uFF76", "\u30AB")]
    [InlineData("halfwidth-voiced", "\uFF76\uFF9E", "\u30AC")]
    [InlineData("capital-sharp-s", "\u1E9E", "\u00DF")]
    [InlineData("titlecase", "\u01C5a", null)]
    [InlineData("angstrom", "\u212B", "\u00E5")]
    [InlineData("deseret", "\U00010400", "\U00010428")]
    [InlineData("cherokee", "\u13A0", "\uAB70")]
    [InlineData("composition-exclusion", "\u0958", "\u0915\u093C")]
    [InlineData("ascii", "Romeo.Montague+1", "romeo.montague+1")]
    [InlineData("ligature", "\uFB01", null)]
    [InlineData("roman-numeral", "\u2163", null)]
    [InlineData("symbol", "\u265A", null)]
    [InlineData("superscript", "a\u00B2", null)]
    [InlineData("space", "a b", null)]
    [InlineData("soft-hyphen", "a\u00ADb", null)]
    [InlineData("zero-width-space", "a\u200Bb", null)]
    [InlineData("variation-selector", "a\uFE0F", null)]
    [InlineData("tag", "a\U000E0061", null)]
    [InlineData("tatweel", "\u0628\u0640\u0628", null)]
    [InlineData("old-hangul", "\u1100", null)]
    [InlineData("noncharacter", "a\uFFFE", null)]
    [InlineData("unassigned", "a\u0378", null)]
    [InlineData("private-use", "a\uE000", null)]
    public void UsernameCaseMapped_Localpart_GivesCanonicalForm(string id, string local, string? expected)
    {
        foreach (var culture in new[] { CultureInfo.InvariantCulture, CultureInfo.GetCultureInfo("tr-TR"), CultureInfo.GetCultureInfo("lt-LT") })
        {
            Assert.Equal((id, expected), (id, Under(culture, () => LocalOf(local))));
        }
    }

    // RFC 8265 section 4.2: only non-ASCII spaces are mapped, case and width stay.
    [Theory]
    [InlineData("JID-19-space", "my phone", "my phone")]
    [InlineData("JID-19-emoji", "phone \U0001F600", "phone \U0001F600")]
    [InlineData("JID-19-bell", "a\u0007", null)]
    [InlineData("no-break-space", "a\u00A0b", "a b")]
    [InlineData("ideographic-space", "a\u3000b", "a b")]
    [InlineData("ogham-space", "a\u1680b", "a b")]
    [InlineData("case-stays", "A\u00C9\u03A3\u0130", "A\u00C9\u03A3\u0130")]
    [InlineData("width-stays", "\uFF21", "\uFF21")]
    [InlineData("ligature-stays", "\uFB01", "\uFB01")]
    [InlineData("nfd", "e\u0301", "\u00E9")]
    [InlineData("no-bidi-rule", "\u05D0a1", "\u05D0a1")]
    [InlineData("symbols", "<&\"'>/@:", "<&\"'>/@:")]
    [InlineData("line-separator", "a\u2028b", null)]
    [InlineData("c1-control", "a\u0085b", null)]
    [InlineData("zero-width-joiner", "\U0001F468\u200D\U0001F469", null)]
    [InlineData("variation-selector", "\u2764\uFE0F", null)]
    [InlineData("private-use", "\uE000", null)]
    [InlineData("noncharacter", "\uFDD0", null)]
    [InlineData("unassigned", "\u0378", null)]
    public void OpaqueString_Resourcepart_GivesCanonicalForm(string id, string resource, string? expected)
    {
        var parsed = JidSpan.TryParse(Encoding.UTF8.GetBytes("a.example/" + resource), out var jid);
        Assert.Equal((id, expected), (id, parsed ? Encoding.UTF8.GetString(jid.Resource) : null));
    }

    // RFC 5892 appendix A.
    [Theory]
    [InlineData("JID-16-zwj-alone", "a\u200Db", false)]
    [InlineData("JID-16-zwj-first", "\u200Da", false)]
    [InlineData("JID-16-zwnj-alone", "a\u200Cb", false)]
    [InlineData("JID-16-middle-dot-alone", "\u00B7", false)]
    [InlineData("JID-16-katakana-dot-alone", "\u30FB", false)]
    [InlineData("JID-16-digits-mixed", "\u0628\u0660\u06F0", false)]
    [InlineData("A.1-zwnj-after-virama", "\u0915\u094D\u200C\u0937", true)]
    [InlineData("A.1-zwnj-between-dual", "\u0628\u200C\u0628", true)]
    [InlineData("A.1-zwnj-over-transparent", "\u0628\u064B\u200C\u064B\u0628", true)]
    [InlineData("A.1-zwnj-dual-right", "\u0628\u200C\u0627", true)]
    [InlineData("A.1-zwnj-right-before", "\u0627\u200C\u0628", false)]
    [InlineData("A.1-zwnj-at-end", "\u0628\u200C", false)]
    [InlineData("A.2-zwj-after-virama", "\u0915\u094D\u200D\u0937", true)]
    [InlineData("A.3-middle-dot-catalan", "l\u00B7l", true)]
    [InlineData("A.3-middle-dot-left-only", "l\u00B7a", false)]
    [InlineData("A.4-keraia-greek", "\u0375\u03B1", true)]
    [InlineData("A.4-keraia-latin", "\u0375a", false)]
    [InlineData("A.5-geresh-hebrew", "\u05D0\u05F3", true)]
    [InlineData("A.5-geresh-first", "\u05F3\u05D0", false)]
    [InlineData("A.6-gershayim-hebrew", "\u05D0\u05F4\u05D1", true)]
    [InlineData("A.6-gershayim-latin", "a\u05F4", false)]
    [InlineData("A.7-katakana-dot-katakana", "\u30A2\u30FB\u30A2", true)]
    [InlineData("A.7-katakana-dot-han", "\u30FB\u4E00", true)]
    [InlineData("A.7-katakana-dot-latin", "a\u30FBb", false)]
    [InlineData("A.8-arabic-digits", "\u0628\u0660\u0669", true)]
    [InlineData("A.9-extended-digits", "\u0628\u06F0\u06F9", true)]
    public void ContextualRule_Localpart_DecidesByNeighbours(string id, string local, bool valid)
        => Assert.Equal((id, valid), (id, LocalOf(local) is not null));

    // RFC 5893 section 2, conditions 1 to 6; RFC 8265 section 3.3.1, rule 5.
    [Theory]
    [InlineData("JID-17-hebrew-latin", "\u05D0a", false)]
    [InlineData("JID-17-latin-hebrew", "a\u05D0", false)]
    [InlineData("JID-17-latin-hebrew-latin", "a\u05D0b", false)]
    [InlineData("hebrew", "\u05D0\u05D1", true)]
    [InlineData("arabic", "\u0628\u0627", true)]
    [InlineData("1-digit-first", "1\u05D0", false)]
    [InlineData("1-mark-first", "\u0301\u05D0", false)]
    [InlineData("3-european-digit-last", "\u05D01", true)]
    [InlineData("3-arabic-digit-last", "\u0628\u0661", true)]
    [InlineData("3-mark-last", "\u05D0\u05B0", true)]
    [InlineData("3-hyphen-last", "\u05D0-", false)]
    [InlineData("4-both-digits", "\u0628\u06611", false)]
    [InlineData("no-rtl-no-rule", "1a-", true)]
    [InlineData("no-rtl-digit-only", "1\u00E9-", true)]
    public void BidiRule_Localpart_DecidesByDirection(string id, string local, bool valid)
        => Assert.Equal((id, valid), (id, LocalOf(local) is not null));

    private static string? LocalOf(string local)
        => JidSpan.TryParse(Encoding.UTF8.GetBytes(local + "@p1.example"), out var jid) ? Encoding.UTF8.GetString(jid.Local) : null;

    private static string? Under(CultureInfo culture, Func<string?> parse)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            return parse();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
