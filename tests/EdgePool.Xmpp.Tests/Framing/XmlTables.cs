using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;
using static EdgePool.Xmpp.Tests.Framing.FramingCase;
using static EdgePool.Xmpp.Tests.Framing.StreamBytes;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>Streams that break, or only seem to break, XML 1.0 as RFC 6120 section 11 restricts it.</summary>
public sealed class XmlTables
{
    private static readonly FramingCase[] Encoding =
    [
        NotWellFormed("XML-01 lead byte before tag", Body("A⟦EB⟧")),
        NotWellFormed("XML-02 lead byte swallows end tag", In("<message><body>⟦EB 3C 2F⟧x</body><message to='c@edge.example' from='admin@edge.example'><body>evil</body></message>")),
        .. Each("XML-04 overlong", ["C0 AF", "C0 80", "C0 BC", "E0 80 BC", "F0 80 80 BC"]),
        .. Each("XML-05 surrogate", ["ED A0 80", "ED BF BF", "ED A0 BD ED B8 80"]),
        .. Each("XML-06 above U+10FFFF", ["F4 90 80 80", "F5 80 80 80", "F8 88 80 80 80", "FE", "FF"]),
        Ok("XML-06 U+10FFFF itself", Body("⟦F4 8F BF BF⟧")),
        NotWellFormed("XML-07 truncated at element end", Body("⟦E2 82⟧")),
        NotWellFormed("XML-07 truncated at attribute end", Id("id='⟦E2 82⟧'")),
        NotWellFormed("XML-09 element name", Message("<b⟦C3 28⟧/>")),
        NotWellFormed("XML-09 attribute name", Message("<b a⟦C3 28⟧='1'/>")),
        NotWellFormed("XML-09 attribute value", Message("<b a='⟦C3 28⟧'/>")),
        NotWellFormed("XML-09 namespace", Message("<b xmlns='urn:⟦C3 28⟧'/>")),
        NotWellFormed("XML-09 end tag", Message("<b></b⟦C3 28⟧>")),
        .. Each("XML-10 noncharacter", ["EF BF BE", "EF BF BF"]),
        Ok("XML-10 neighbours", Body("⟦EF BF BD EF BE BF EF BB BF⟧")),
        .. Controls(),
        Ok("XML-11 white space in text", Body("a⟦09⟧b⟦0A⟧c⟦0D⟧d⟦0D 0A⟧e f")),
        Ok("XML-11 white space in attribute", Id("id='a⟦09⟧b⟦0A⟧c⟦0D⟧d⟦0D 0A⟧e f'")),
        Ok("XML-11 white space between attributes", In("<message⟦09⟧from='a@p1.example'⟦0A⟧to='b@edge.example'⟦0D⟧id='1'⟦0D 0A 20⟧type='chat'⟦0A⟧/>")),
        .. new[] { "C2 85", "C2 A0", "E2 80 A8", "E3 80 80" }.Select(s => NotWellFormed($"XML-12 separator {s}", In($"<message to='a'⟦{s}⟧from='b'/>"))),
        Ok("XML-50 non-ASCII name", Message("<é xmlns='urn:x' ñ='1'/>")),
        Ok("XML-50 long non-ASCII text", Body(Repeat("Жлобин 東京 😀 é ", 40))),
    ];

    private static readonly FramingCase[] Prolog =
    [
        NotWellFormed("XML-14 BOM", "⟦EF BB BF⟧" + Header),
        NotWellFormed("XML-15 UTF-16LE", "⟦FF FE 3C 00⟧"),
        NotWellFormed("XML-15 UTF-16BE", "⟦00 3C⟧"),
        .. new[] { "ISO-8859-1", "UTF-16", "utf-7" }.Select(e => new FramingCase($"XML-16 {e}", $"<?xml version='1.0' encoding='{e}'?>{Bare}", StreamErrorCondition.UnsupportedEncoding)),
        .. new[] { "utf-8", "UTF-8" }.Select(e => Ok($"XML-16 {e}", $"<?xml version='1.0' encoding='{e}'?>{Bare}", 0)),
        Ok("XML-16 standalone", $"<?xml  version = \"1.0\" encoding='Utf-8' standalone='no' ?>{Bare}", 0),
        NotWellFormed("XML-16 no name", $"<?xml version='1.0' encoding='8'?>{Bare}"),
        NotWellFormed("XML-16 order", $"<?xml encoding='utf-8' version='1.0'?>{Bare}"),
        NotWellFormed("XML-17 version 1.1", $"<?xml version='1.1'?>{Bare}"),
        NotWellFormed("XML-17 no version", $"<?xml ?>{Bare}"),
        NotWellFormed("XML-19 line feed before declaration", "\n" + Header),
        Ok("XML-19 no declaration", Bare, 0),
        Ok("XML-19 white space before header", "\r\n \t" + Bare, 0),
        NotWellFormed("XML-20 declaration between stanzas", In("<presence/><?xml version='1.0'?>"), 1),
        NotWellFormed("XML-20 second declaration", "<?xml version='1.0'?>" + Header),
        OverLimit("XML-20 endless declaration", "<?xml " + Repeat(" ", 300)),
        NotWellFormed("XML-54 HTTP", "GET / HTTP/1.1\r\n\r\n"),
        NotWellFormed("XML-54 end tag first", "</stream:stream>"),
        NotWellFormed("XML-54 CDATA first", "<![CDATA[x]]>"),
        Ok("XML-54 empty root", "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/><a/>", 0),
    ];

    private static readonly FramingCase[] RestrictedXml =
    [
        Restricted("XML-21 comment before header", "<!-- x -->" + Bare),
        Restricted("XML-21 comment behind declaration", "<?xml version='1.0'?><!-- x -->" + Bare),
        Restricted("XML-21 comment between stanzas", In("<presence/><!-- x --><presence/>"), 1),
        Restricted("XML-21 comment in body", Body("<!-- x -->")),
        NotWellFormed("XML-21 comment in tag", In("<message <!-- -->")),
        NotWellFormed("XML-21 one hyphen", Body("<!- x -->")),
        Restricted("XML-22 PI before header", "<?php x?>" + Bare),
        Restricted("XML-22 stylesheet before header", "<?xml-stylesheet href='x'?>" + Bare),
        Restricted("XML-22 PI between stanzas", In("<?php x?>")),
        Restricted("XML-22 stylesheet in body", Body("<?xml-stylesheet href='x'?>")),
        NotWellFormed("XML-22 PI in tag", In("<message <?php x?>")),
        NotWellFormed("XML-22 no target", Body("<? x?>")),
        Restricted("XML-24 billion laughs", "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>]>"),
        Restricted("XML-25 DOCTYPE", "<!DOCTYPE x SYSTEM 'http://127.0.0.1:8/'>"),
        Restricted("XML-25 ENTITY", In("<!ENTITY e SYSTEM 'file:///etc/passwd'>")),
        NotWellFormed("XML-25 parameter entity in tag", In("<message %p;>")),
        Restricted("XML-26 in text", Body("&foo;")),
        Restricted("XML-26 in attribute", Id("id='&foo;'")),
    ];

    private static readonly FramingCase[] References =
    [
        Ok("XML-27 in text", Body("&lt; &amp; &gt; &quot; &apos;")),
        Ok("XML-27 in attribute", Id("id='&lt; &amp; &gt; &quot; &apos;'")),
        Ok("XML-29 numeric", Body("&#60;script&#62;&#x3c;/body&#x3e;&#x1F600;&#233;&#9;&#10;&#13;&#000000000060;")),
        Ok("XML-29 numeric in attribute", Message("<x xmlns='urn:x' a='&#60;&#x27;&#34;&#38;&#9;&#10;&#13;'/>")),
        .. new[] { "&#0;", "&#x0;", "&#8;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&#4294967356;", "&#" + Repeat("9", 400) + ";" }
            .SelectMany((r, i) => Both($"XML-30 {i}", r, NotWellFormed)),
        .. new[] { "&#x;", "&#;", "&;", "& ", "&#X3C;", "&lt", "&#12a;", "&#xg;", "&-a;", "&a b;", "&1;" }
            .SelectMany(r => Both($"XML-31 {r}", r, NotWellFormed)),
        .. Both("XML-31 &LT;", "&LT;", Restricted),
    ];

    private static readonly FramingCase[] Sections =
    [
        Ok("XML-32 markup in CDATA", Body("<![CDATA[</body></message><message to='c@edge.example'>]]>")),
        Ok("XML-32 brackets", Body("<![CDATA[]]]]><![CDATA[>]]>]]<![CDATA[]]>>")),
        Ok("XML-32 references and line ends are literal", Body("<![CDATA[&amp;&#60;⟦0D 0A⟧é⟦0D⟧]]>")),
        NotWellFormed("XML-32 control", Body("<![CDATA[⟦01⟧]]>")),
        NotWellFormed("XML-32 malformed UTF-8", Body("<![CDATA[⟦C3⟧]]>")),
        NotWellFormed("XML-34 end in text", Body("a]]>b")),
        Ok("XML-34 brackets in text", Body("a]] >]>b]]")),
        Ok("XML-34 end in attribute", Id("id=']]>'")),
        NotWellFormed("XML-34 lower case", Body("<![cdata[x]]>")),
        NotWellFormed("XML-34 space", Body("<![CDATA [x]]>")),
        NotWellFormed("XML-34 at stream level", In("<![CDATA[x]]>")),
        NotWellFormed("XML-34 in tag", In("<message <![CDATA[x]]>/>")),
        OverLimit("XML-35 endless", Body("<![CDATA[" + Repeat("x", 300 * 1024))) with { TooBig = true },
    ];

    private static readonly FramingCase[] Tags =
    [
        NotWellFormed("XML-36 case", Message("<body>x</bodY>")),
        NotWellFormed("XML-36 other prefix of the same namespace", Message("<a:b xmlns:a='u' xmlns:c='u'>x</c:b>")),
        NotWellFormed("XML-36 shorter", Message("<body>x</bod>")),
        NotWellFormed("XML-36 longer", Message("<body>x</bodyy>")),
        Ok("XML-37 space in end tag", Message("<body>x</body >")),
        Ok("XML-37 line in end tag", Message("<body>x</body⟦0D 0A 09⟧>")),
        .. new[] { "<body></body a='1'>", "<body></ body>", "< body>", "<body/ >", "<body / >", "<>", "</>", "<body></>", "<body//>", "<body a='1'/b='2'>" }
            .Select(t => NotWellFormed($"XML-37 {t}", Message(t))),
        NotWellFormed("XML-39 stream end in stanza", In("<message><body>x</stream:stream>")),
        NotWellFormed("XML-39 end tag at depth 1", In("</message>")),
        NotWellFormed("XML-40 twice", In("<message from='a@p1.example' from='a@p2.example' to='b@edge.example'/>")),
        NotWellFormed("XML-40 twice below", Message("<x xmlns='urn:x' a='1' b='2' a='3'/>")),
        NotWellFormed("XML-40 declaration twice", Message("<x xmlns='urn:x' xmlns='urn:x'/>")),
        NotWellFormed("XML-41 same expanded name", Message("<x xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>")),
        NotWellFormed("XML-41 same expanded name through a reference", Message("<x xmlns:a='u' xmlns:b='&#117;' a:x='1' b:x='2'/>")),
        Ok("XML-41 other namespace", Message("<x xmlns='u' xmlns:a='u' xmlns:b='v' a:x='1' b:x='2' x='3'/>")),
        NotWellFormed("XML-42 no space", In("<message to='a'from='b'/>")),
        NotWellFormed("XML-42 no quotes", In("<message to=a/>")),
        NotWellFormed("XML-42 no value", In("<message to/>")),
        NotWellFormed("XML-42 no value before another", In("<message to from='a'/>")),
        Ok("XML-42 space before equals", In("<message to ='a' from⟦0A⟧=⟦09⟧'b'/>")),
        Ok("XML-42 space after equals", In("<message to= 'a'/>")),
        Ok("XML-44 greater-than", Id("id='a>b'")),
        Ok("XML-44 empty tag end", Id("id='/>'")),
        NotWellFormed("XML-44 end tag", Id("id='</message>'")),
        Ok("XML-45 double in single", Id("id='a\"b'")),
        Ok("XML-45 single in double", Id("id=\"a'b\"")),
        Ok("XML-46 escaped markup", In("<iq type='get' id='x&apos;/&gt;&lt;message to=&apos;c@edge.example&apos;&gt;' to='nobody@edge.example' from='a@p1.example'><ping xmlns='urn:xmpp:ping'/></iq>")),
        Ok("XML-47 raw line feed", Id("id='a⟦0A⟧b'")),
        Ok("XML-47 referenced line feed", Id("id='a&#10;b'")),
        .. new[] { "<a:b:c xmlns:a='u'/>", "<:a/>", "<a:/>", "<1a/>", "<-a/>", "<.a/>", "<a b:='1'/>", "<a :b='1'/>", "<a xmlns:='u'/>", "<a:1 xmlns:a='u'/>", "<a 1='1'/>", "<·a/>", "<a😀/>" }
            .Select(t => NotWellFormed($"XML-49 {t}", Message(t))),
        Ok("XML-52 empty", In("<presence/>")),
        Ok("XML-52 two", In("<presence/><presence from='a'/> <presence></presence>"), 3),
        new("XML-55 text between stanzas", In("<presence/>hello<presence/>"), StreamErrorCondition.BadFormat, 1),
        new("XML-55 non-ASCII text", In("é"), StreamErrorCondition.BadFormat),
        NotWellFormed("XML-55 malformed text", In("⟦C3 28⟧")),
        NotWellFormed("XML-55 control", In("⟦00⟧")),
        Ok("XML-55 white space", In("⟦20 09 0A 0D⟧<presence/>⟦20 09 0A 0D⟧")),
        new("XML-56 nested header", In("<stream:stream to='edge.example'>"), StreamErrorCondition.BadFormat),
        new("XML-56 nested header, own declaration", In("<stream xmlns='http://etherx.jabber.org/streams'/>"), StreamErrorCondition.BadFormat),
        Ok("XML-64 behind the end", In("<presence/></stream:stream><message/>"), 1),
        Ok("XML-64 end with space", In("</stream:stream >"), 0),
    ];

    private static readonly FramingCase[] LimitCases =
    [
        Ok("XML-51 256 bytes", Message($"<{Repeat("n", 256)}/>")),
        OverLimit("XML-51 257 bytes", Message($"<{Repeat("n", 257)}/>")),
        Ok("XML-51 prefixed 256 bytes", Message($"<x {Repeat("n", 253)}:x='1' xmlns:{Repeat("n", 250)}='u'/>".Replace(Repeat("n", 253), Repeat("n", 250), StringComparison.Ordinal))),
        OverLimit("XML-51 attribute 257 bytes", Message($"<x {Repeat("n", 257)}='1'/>")),
        OverLimit("XML-51 257 bytes of two-byte characters", Message($"<n{Repeat("é", 128)}/>")),
        OverLimit("XML-51 entity 257 bytes", Body($"&{Repeat("n", 257)};")),
        Ok("XML-57 depth 64", In("<message>" + Repeat("<a>", 62) + "<a/>" + Repeat("</a>", 62) + "</message>")),
        OverLimit("XML-57 depth 65", In("<message>" + Repeat("<a>", 63) + "<a/>")),
        Ok("XML-57 32 elements", In("<message>" + Repeat("<a/>", 31) + "</message>")) with { Limits = FramerLimits.Unauthenticated },
        OverLimit("XML-57 33 elements", In("<message>" + Repeat("<a>", 33))) with { Limits = FramerLimits.Unauthenticated },
        Ok("XML-59 64 attributes", Message($"<x {Numbered(" a{0}=''", 64)}/>")),
        OverLimit("XML-59 65 attributes", Message($"<x {Numbered(" a{0}=''", 65)}/>")),
        Ok("XML-59 32 declarations", Message($"<x {Numbered(" xmlns:a{0}='u{0}'", 32)}/>")),
        OverLimit("XML-59 33 declarations", Message($"<x {Numbered(" xmlns:a{0}='u{0}'", 33)}/>")),
        Ok("XML-61 value of 16384 bytes", Id($"id='{Repeat("a", 16_384)}'")),
        OverLimit("XML-61 value of 16385 bytes", Id($"id='{Repeat("a", 16_385)}'")),
        OverLimit("XML-61 a reference over the limit", Id($"id='{Repeat("a", 16_383)}&amp;'")),
        OverLimit("XML-61 a character over the limit", Id($"id='{Repeat("a", 16_383)}é'")),
        OverLimit("XML-61 malformed behind the limit", Id($"id='{Repeat("é", 8_193)}⟦C3 28⟧'")),
        Ok("XML-61 namespace of 1024 bytes", Message($"<x xmlns='{Repeat("u", 1_024)}'/>")),
        OverLimit("XML-61 namespace of 1025 bytes", Message($"<x xmlns='{Repeat("u", 1_025)}'/>")),
        Ok("XML-61 language of 64 bytes", Message($"<x xml:lang='{Repeat("u", 64)}'/>")),
        OverLimit("XML-61 language of 65 bytes", Message($"<x xml:lang='{Repeat("u", 65)}'/>")),
        Ok("XML-62 262144 bytes", In(Sized(262_144))),
        OverLimit("XML-62 262145 bytes", In(Sized(262_145))) with { TooBig = true },
        OverLimit("XML-62 8193 bytes before authentication", In(Sized(8_193))) with { TooBig = true, Limits = FramerLimits.Unauthenticated },
        OverLimit("XML-62 header", "<stream:stream " + Repeat(" ", 9_000)) with { TooBig = true, Limits = FramerLimits.Unauthenticated },
        Ok("XML-67 65536 spaces", In(Repeat(" ", 65_536) + "<presence/>")),
        OverLimit("XML-67 65537 spaces", In(Repeat(" ", 65_537) + "<presence/>")),
        Ok("XML-67 spaces apart", In(Repeat(" ", 40_000) + "<presence/>" + Repeat(" ", 40_000) + "<presence/>"), 2),
    ];

    private const string Bare = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>";

    private static readonly Dictionary<string, FramingCase> All =
        new[] { Encoding, Prolog, RestrictedXml, References, Sections, Tags, LimitCases }.SelectMany(c => c).ToDictionary(c => c.Id);

    public static TheoryData<string> EncodingNames => Names(Encoding);

    public static TheoryData<string> PrologNames => Names(Prolog);

    public static TheoryData<string> RestrictedNames => Names(RestrictedXml);

    public static TheoryData<string> ReferenceNames => Names(References);

    public static TheoryData<string> SectionNames => Names(Sections);

    public static TheoryData<string> TagNames => Names(Tags);

    public static TheoryData<string> LimitNames => Names(LimitCases);

    // XML 1.0 sections 2.2 and 2.3; RFC 3629.
    [Theory]
    [MemberData(nameof(EncodingNames))]
    public void Characters_HoweverCut_AreXmlOrRefused(string id) => All[id].Check();

    // RFC 6120 sections 4.2, 11.5 and 11.6.
    [Theory]
    [MemberData(nameof(PrologNames))]
    public void Prolog_HoweverCut_IsJudged(string id) => All[id].Check();

    // RFC 6120 section 11.1.
    [Theory]
    [MemberData(nameof(RestrictedNames))]
    public void RestrictedXml_HoweverCut_IsRefused(string id) => All[id].Check();

    // XML 1.0 section 4.1.
    [Theory]
    [MemberData(nameof(ReferenceNames))]
    public void References_HoweverCut_AreResolvedOrRefused(string id) => All[id].Check();

    // XML 1.0 section 2.7.
    [Theory]
    [MemberData(nameof(SectionNames))]
    public void CdataSections_HoweverCut_BecomeText(string id) => All[id].Check();

    // XML 1.0 section 3.1.
    [Theory]
    [MemberData(nameof(TagNames))]
    public void Tags_HoweverCut_AreMatchedOrRefused(string id) => All[id].Check();

    // RFC 6120 section 13.12.
    [Theory]
    [MemberData(nameof(LimitNames))]
    public void Limits_HoweverCut_HoldOnBothSides(string id) => All[id].Check();

    private static IEnumerable<FramingCase> Each(string id, string[] sequences)
        => sequences.SelectMany(s => Both($"{id} {s}", $"⟦{s}⟧", NotWellFormed));

    private static IEnumerable<FramingCase> Both(string id, string content, Func<string, string, int, FramingCase> expected)
        => [expected($"{id} in text", Body(content), 0), expected($"{id} in attribute", Id($"id='{content}'"), 0)];

    private static IEnumerable<FramingCase> Controls()
    {
        foreach (var control in Enumerable.Range(0, 32).Where(c => c is not (9 or 10 or 13)))
        {
            yield return NotWellFormed($"XML-11 {control:X2} in text", Body($"⟦{control:X2}⟧"));
            yield return NotWellFormed($"XML-11 {control:X2} in attribute", Id($"id='⟦{control:X2}⟧'"));
            yield return NotWellFormed($"XML-11 {control:X2} between attributes", In($"<message to='a'⟦{control:X2}⟧from='b'/>"));
        }
    }

    private static string Numbered(string format, int count)
        => string.Concat(Enumerable.Range(0, count).Select(n => string.Format(System.Globalization.CultureInfo.InvariantCulture, format, n)));

    private static string Sized(int bytes) => "<message>" + Repeat("x", bytes - 19) + "</message>";
}
