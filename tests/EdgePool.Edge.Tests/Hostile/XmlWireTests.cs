using EdgePool.Edge.Tests.Fixture;
using Xunit;
using static EdgePool.Edge.Tests.Fixture.Wire;
using static EdgePool.Edge.Tests.Hostile.WireCase;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Streams that break XML or its restrictions, against a running node: RFC 6120 sections 4.9 and 11.</summary>
[Collection(nameof(HostileCollection))]
public sealed class XmlWireTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    private const string Presence = "<presence from='a@p1.example' to='b@edge.example'/>";
    private const string Bare = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='p1.example' to='edge.example' version='1.0'>";

    internal static readonly WireCase[] Cases =
    [
        NotWellFormed("XML-01", Body("A⟦EB⟧")),
        NotWellFormed("XML-02", "<message from='a@p1.example' to='b@edge.example'><body>⟦EB 3C 2F⟧x</body><message to='c@edge.example' from='admin@edge.example'><body>evil</body></message>"),
        .. Each("XML-04", ["C0 AF", "C0 80", "C0 BC", "E0 80 BC", "F0 80 80 BC"]),
        .. Each("XML-05", ["ED A0 80", "ED BF BF", "ED A0 BD ED B8 80"]),
        .. Each("XML-06", ["F4 90 80 80", "F5 80 80 80", "F8 88 80 80 80", "FE", "FF"]),
        NotWellFormed("XML-07 element end", Body("⟦E2 82⟧")),
        NotWellFormed("XML-07 attribute end", Id("id='⟦E2 82⟧'")),
        NotWellFormed("XML-09 element name", Message("<b⟦C3 28⟧/>")),
        NotWellFormed("XML-09 attribute name", Message("<b a⟦C3 28⟧='1'/>")),
        NotWellFormed("XML-09 attribute value", Message("<b a='⟦C3 28⟧'/>")),
        NotWellFormed("XML-09 namespace", Message("<b xmlns='urn:⟦C3 28⟧'/>")),
        NotWellFormed("XML-09 end tag", Message("<b></b⟦C3 28⟧>")),
        .. Each("XML-10", ["EF BF BE", "EF BF BF"]),
        .. new[] { 0x00, 0x01, 0x08, 0x0B, 0x0C, 0x0E, 0x1B, 0x1F }.SelectMany(c => new[]
        {
            NotWellFormed($"XML-11 {c:X2} in text", Body($"⟦{c:X2}⟧")),
            NotWellFormed($"XML-11 {c:X2} in attribute", Id($"id='⟦{c:X2}⟧'")),
            NotWellFormed($"XML-11 {c:X2} between attributes", $"<message to='b@edge.example'⟦{c:X2}⟧from='a@p1.example'/>"),
        }),
        Ok("XML-11 white space", "<message⟦09⟧from='a@p1.example'⟦0A⟧to='b@edge.example'⟦0D 0A 20⟧id='1'><body>a⟦09 0A⟧b⟦0D⟧c</body></message>"),
        .. new[] { "C2 85", "C2 A0", "E2 80 A8", "E3 80 80" }.Select(s => NotWellFormed($"XML-12 {s}", $"<message to='b@edge.example'⟦{s}⟧from='a@p1.example'/>")),
        NotWellFormed("XML-14", "⟦EF BB BF⟧" + Wire.Header()) with { AtStart = true },
        NotWellFormed("XML-15 little endian", "⟦FF FE 3C 00⟧") with { AtStart = true },
        NotWellFormed("XML-15 big endian", "⟦00 3C⟧") with { AtStart = true },
        .. new[] { "ISO-8859-1", "UTF-16", "utf-7" }.Select(e => new WireCase($"XML-16 {e}", $"<?xml version='1.0' encoding='{e}'?>{Bare}", "unsupported-encoding") { AtStart = true }),
        .. new[] { "utf-8", "UTF-8" }.Select(e => Ok($"XML-16 {e}", Presence) with { Header = $"<?xml version='1.0' encoding='{e}'?>{Bare}" }),
        NotWellFormed("XML-17", $"<?xml version='1.1'?>{Bare}") with { AtStart = true },
        NotWellFormed("XML-19", "⟦0A⟧" + Wire.Header()) with { AtStart = true },
        Ok("XML-19 no declaration", Presence) with { Header = Bare },
        NotWellFormed("XML-20", Presence + "<?xml version='1.0'?>" + Presence) with { Delivered = 1 },
        Restricted("XML-21 before the header", "<!-- x -->" + Bare) with { AtStart = true },
        Restricted("XML-21 between stanzas", Presence + "<!-- x -->" + Presence) with { Delivered = 1 },
        Restricted("XML-21 in body", Body("<!-- x -->")),
        NotWellFormed("XML-21 in tag", "<message <!-- -->"),
        Restricted("XML-22 before the header", "<?php x?>" + Bare) with { AtStart = true },
        Restricted("XML-22 stylesheet before the header", "<?xml-stylesheet href='x'?>" + Bare) with { AtStart = true },
        Restricted("XML-22 between stanzas", "<?php x?>"),
        Restricted("XML-22 in body", Body("<?xml-stylesheet href='x'?>")),
        NotWellFormed("XML-22 in tag", "<message <?php x?>"),
        Restricted("XML-24", "<?xml version='1.0'?><!DOCTYPE lolz [" + Numbered("<!ENTITY a{0} '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>", 10) + "]>" + Bare) with { AtStart = true },
        Restricted("XML-25 DOCTYPE", "<!DOCTYPE x SYSTEM 'http://127.0.0.1:8/'>" + Bare) with { AtStart = true },
        Restricted("XML-25 entity", "<!ENTITY e SYSTEM 'file:///etc/passwd'>"),
        NotWellFormed("XML-25 parameter entity", "<message %p;>"),
        Restricted("XML-26 in text", Body("&foo;")),
        Restricted("XML-26 in attribute", Id("id='&foo;'")),
        Ok("XML-27", "<message from='a@p1.example' to='b@edge.example' id='&lt; &amp; &gt; &quot; &apos;'><body>&lt; &amp; &gt; &quot; &apos;</body></message>"),
        Ok("XML-29", Body("&#60;script&#62;&#x3c;/body&#x3e;")),
        .. new[] { "&#0;", "&#x0;", "&#8;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&#4294967356;", "&#" + Repeat("9", 400) + ";" }
            .SelectMany((r, i) => Both($"XML-30 {i}", r)),
        .. new[] { "&#x;", "&#;", "&;", "& ", "&lt", "&#X3C;" }.SelectMany(r => Both($"XML-31 {r}", r)),
        Restricted("XML-31 &LT;", Body("&LT;")),
        Ok("XML-32", Body("<![CDATA[</body></message><message to='c@edge.example'>]]>")),
        NotWellFormed("XML-34 end in text", Body("]]>")),
        NotWellFormed("XML-34 lower case", Body("<![cdata[x]]>")),
        NotWellFormed("XML-34 space", Body("<![CDATA [x]]>")),
        NotWellFormed("XML-34 at stream level", "<![CDATA[x]]>"),
        NotWellFormed("XML-34 in tag", "<message <![CDATA[x]]>/>"),
        OverLimit("XML-35", "<message from='a@p1.example' to='b@edge.example'><body><![CDATA[" + Repeat("x", 300 * 1024)) with { Application = "<stanza-too-big xmlns='urn:xmpp:errors'/>" },
        NotWellFormed("XML-36 case", Message("<body>x</bodY>")),
        NotWellFormed("XML-36 prefix", Message("<a:b xmlns:a='u' xmlns:c='u'>x</c:b>")),
        Ok("XML-37 space in end tag", Message("<body>x</body >")),
        .. new[] { "<body></body a='1'>", "<body></ body>", "< body>", "<body/ >", "<body / >" }.Select(t => NotWellFormed($"XML-37 {t}", Message(t))),
        NotWellFormed("XML-39 stream end in a stanza", "<message from='a@p1.example' to='b@edge.example'><body>x</stream:stream>"),
        NotWellFormed("XML-39 end tag at depth 1", "</message>"),
        NotWellFormed("XML-40", "<message from='a@p1.example' from='a@p2.example' to='b@edge.example'/>"),
        NotWellFormed("XML-41", Message("<x xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>")),
        NotWellFormed("XML-42 no space", "<message to='b@edge.example'from='a@p1.example'/>"),
        NotWellFormed("XML-42 no quotes", "<message to=b@edge.example from='a@p1.example'/>"),
        NotWellFormed("XML-42 no value", "<message to from='a@p1.example'/>"),
        Ok("XML-42 space before equals", "<message to ='b@edge.example' from='a@p1.example'/>"),
        Ok("XML-42 space after equals", "<message to= 'b@edge.example' from='a@p1.example'/>"),
        Ok("XML-44 greater-than", Id("id='a>b'")),
        Ok("XML-44 empty tag end", Id("id='/>'")),
        NotWellFormed("XML-44 end tag", Id("id='</message>'")),
        Ok("XML-45 double in single", Id("id='a\"b'")),
        Ok("XML-45 single in double", Id("id=\"a'b\"")),
        Ok("XML-47 raw", Id("id='a⟦0A⟧b⟦09⟧c'")),
        Ok("XML-47 referenced", Id("id='a&#10;b'")),
        .. new[] { "<a:b:c/>", "<:a/>", "<a:/>", "<1a/>", "<-a/>", "<.a/>", "<a b:='1'/>" }.Select(t => NotWellFormed($"XML-49 {t}", Message(t))),
        Ok("XML-50", Message("<é xmlns='urn:x'/>")),
        Ok("XML-51 256 bytes", Message($"<{Repeat("n", 256)}/>")),
        OverLimit("XML-51 257 bytes", Message($"<{Repeat("n", 257)}/>")),
        Ok("XML-52", Presence),
        NotWellFormed("XML-54 HTTP", "GET / HTTP/1.1⟦0D 0A 0D 0A⟧") with { AtStart = true },
        new("XML-55", Presence + "hello" + Presence, "bad-format") { Delivered = 1 },
        Ok("XML-55 white space", $"⟦20 09 0A 0D⟧{Presence}⟦20 09 0A 0D⟧"),
        new("XML-56", Bare, "bad-format"),
        Ok("XML-57 depth 64", "<message from='a@p1.example' to='b@edge.example'>" + Repeat("<a>", 62) + "<a/>" + Repeat("</a>", 62) + "</message>"),
        OverLimit("XML-57 depth 65", "<message from='a@p1.example' to='b@edge.example'>" + Repeat("<a>", 63) + "<a/>"),
        OverLimit("XML-59 65 attributes", Message($"<x {Numbered(" a{0}=''", 65)}/>")),
        OverLimit("XML-59 10 000 attributes", Message($"<x {Numbered(" a{0}=''", 10_000)}/>")),
        OverLimit("XML-59 33 declarations", Message($"<x {Numbered(" xmlns:a{0}='u{0}'", 33)}/>")),
        Ok("XML-64", "</stream:stream>" + Body("x"), 0) with { DeliveredAs = string.Empty },
        OverLimit("XML-61", $"<message from='a@p1.example' to='b@edge.example' id='{Repeat("a", 1024 * 1024)}"),
        Ok("XML-62 262 144 bytes", Sized(262_144)),
        OverLimit("XML-62 262 145 bytes", Sized(262_145)) with { Application = "<stanza-too-big xmlns='urn:xmpp:errors'/>" },
        Ok("XML-67 65 536 spaces", Repeat(" ", 65_536) + Presence),
        OverLimit("XML-67", Repeat(" ", 1024 * 1024)),
    ];

    public static TheoryData<string> CaseNames => Names(Cases);

    [Theory]
    [MemberData(nameof(CaseNames))]
    public Task Stream_HoweverCut_HasOneOutcome(string id) => Cases.Single(c => c.Id == id).CheckAsync(edge);

    private static IEnumerable<WireCase> Each(string id, string[] sequences) => sequences.SelectMany(s => Both($"{id} {s}", $"⟦{s}⟧"));

    private static WireCase[] Both(string id, string content)
        => [NotWellFormed($"{id} in text", Body(content)), NotWellFormed($"{id} in attribute", Id($"id='{content}'"))];

    private static string Sized(int bytes)
    {
        const string Open = "<message from='a@p1.example' to='b@edge.example'><body>";
        const string Close = "</body></message>";
        return Open + Repeat("x", bytes - Open.Length - Close.Length) + Close;
    }
}

/// <summary>One node for all tables: their classes run one after the other.</summary>
[CollectionDefinition(nameof(HostileCollection))]
public sealed class HostileCollection : ICollectionFixture<EdgeFixture>;
