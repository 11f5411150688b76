using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Framing;
using Xunit;
using static EdgePool.Xmpp.Tests.Framing.StreamBytes;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What a frame tells of the elements below a stanza's top, and what it writes when children are left out.</summary>
public sealed class PayloadTests
{
    private const string Roster = "jabber:iq:roster";
    private static readonly string ForeignHeader = Header.Replace("xmlns:db", "xmlns:r='jabber:iq:roster' xmlns:db", StringComparison.Ordinal);

    /// <summary>One roster query, written in every way that XML has for it: name of the form, the stream.</summary>
    private static readonly Dictionary<string, string> Forms = new()
    {
        ["plain"] = Iq("<query xmlns='jabber:iq:roster' ver='7'/>"),
        ["prefix of its own"] = Iq("<q:query xmlns:q='jabber:iq:roster' ver='7'/>"),
        ["prefix of the stanza"] = In("<iq xmlns:q='jabber:iq:roster'><q:query ver='7'/></iq>"),
        ["prefix of the header"] = ForeignHeader + "<iq><r:query ver='7'/></iq>",
        ["prefix of the header, shadowed"] = ForeignHeader + "<iq xmlns:r='urn:x'><r:query xmlns:r='jabber:iq:roster' ver='7'/></iq>",
        ["an end tag"] = Iq("<query xmlns=\"jabber:iq:roster\" ver=\"7\"></query>"),
        ["references in the namespace"] = Iq("<query xmlns='jabber&#58;iq:&#x72;oster' ver='7'/>"),
        ["references behind a prefix"] = Iq("<q:query xmlns:q='&#106;abber:iq:roster' ver='&#55;'/>"),
        ["behind a CDATA section"] = Iq("<![CDATA[<query xmlns='urn:x'/>]]><query xmlns='jabber:iq:roster' ver='7'/>"),
        ["white space in the tag"] = Iq("<query\n xmlns =\t'jabber:iq:roster'\r\nver\n=\n'7'\n/>"),
        ["declared behind another"] = Iq("<q:query xmlns='urn:x' xmlns:q='jabber:iq:roster' ver='7' q:ver='8'/>"),
    };

    public static TheoryData<string> FormNames => [.. Forms.Keys];

    // POL-16.
    [Theory]
    [MemberData(nameof(FormNames))]
    public void Pol16_OnePayloadHoweverWritten_ReadsTheSame(string form)
    {
        var data = Encode(Forms[form]);
        var expected = $"\n1 0 {InfosetBuilder.Written(Roster)}query @ver=7";
        foreach (var run in new[] { FramerRun.OnePiece(data), FramerRun.ByteByByte(data) })
        {
            var stanza = Assert.Single(run.Elements);
            Assert.Equal(expected, stanza.Payloads);
            Assert.True(stanza.HasForeignPayloads);
        }
    }

    // POL-16: depth.
    [Theory]
    [InlineData("<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><query xmlns='jabber:iq:roster'/></message></forwarded>", 3)]
    [InlineData("<a:x xmlns:a='urn:a'><b:y xmlns:b='jabber:iq:roster'><query/><b:query/></b:y></a:x>", 2)]
    [InlineData("<x xmlns='jabber:iq:roster'><y xmlns=''><z xmlns='urn:z'/></y></x>", 1)]
    [InlineData("<query xmlns='urn:x'><r xmlns='jabber:iq:&#114;oster'/></query>", 2)]
    public void Pol16_PayloadAtAnyDepth_IsFoundThere(string payload, int depth)
    {
        var found = new List<(int Depth, int Child)>();
        Walk(Message("<body>x</body>" + payload), (ref reader) =>
        {
            if (reader.Namespace.SequenceEqual("jabber:iq:roster"u8))
            {
                found.Add((reader.Depth, reader.Child));
            }
        });
        Assert.Equal((depth, 1), found[0]);
    }

    [Fact]
    public void Prefixes_OutOfScope_AreForgotten()
    {
        var names = new List<string>();
        Walk(Message("<a xmlns='urn:1'><b xmlns='urn:2'/><c/></a><d/><x xmlns:p='urn:3'><p:e/><p:f xmlns:p='urn:4'><p:g/></p:f><p:h/></x>"), (ref reader)
            => names.Add(Encoding.UTF8.GetString(reader.LocalName) + "=" + Encoding.UTF8.GetString(reader.Namespace)));
        Assert.Equal(["a=urn:1", "b=urn:2", "c=urn:1", "d=jabber:server", "x=jabber:server", "e=urn:3", "f=urn:4", "g=urn:4", "h=urn:3"], names);
    }

    [Theory]
    [InlineData("<body>x</body>", false)]
    [InlineData("<body xml:lang='en'>x &amp; <![CDATA[xmlns='urn:x']]></body><thread/>", false)]
    [InlineData("", false)]
    [InlineData("<body xmlns='jabber:server'>x</body>", true)]
    [InlineData("<x xmlns='urn:x'/>", true)]
    [InlineData("<x><y xmlns=''/></x>", true)]
    [InlineData("<x xmlns:a='urn:a'/>", true)]
    [InlineData("<stream:x/>", true)]
    public void HasForeignPayloads_OfStanza_IsFalseOnlyWhereNothingIsDeclared(string content, bool expected)
        => Assert.Equal(expected, Assert.Single(FramerRun.OnePiece(Encode(Message(content))).Elements).HasForeignPayloads);

    [Fact]
    public void HasForeignPayloads_OfStanzaBehindOneWithPayloads_IsItsOwn()
    {
        var run = FramerRun.OnePiece(Encode(In("<message><x xmlns='urn:x'/></message><message xmlns='jabber:server'><body>x</body></message><message><x xmlns='urn:x'/></message>")));
        Assert.Equal([true, false, true], run.Elements.Select(e => e.HasForeignPayloads));
    }

    [Theory]
    [InlineData("<a/>one<b/>two<c/>", new[] { 1 }, "<a/>onetwo<c/>")]
    [InlineData("<a/><b><c><d/></c>text</b><e/>", new[] { 1 }, "<a/><e/>")]
    [InlineData("<a/><b/>", new[] { 0, 1 }, "")]
    [InlineData("<a/><b/>", new[] { 7 }, "<a/><b/>")]
    [InlineData("<b xmlns='urn:b' k='&#60;'><![CDATA[<c>]]></b><a/>", new[] { 0 }, "<a/>")]
    [InlineData("<a><b xmlns='urn:b'/></a><c/>", new[] { 1 }, "<a><b xmlns='urn:b'/></a>")]
    public void WriteTo_WithMask_LeavesThoseChildrenOut(string content, int[] children, string expected)
    {
        var mask = children.Aggregate(default(PayloadMask), (all, child) => all.Add(child));
        Assert.Equal($"<message from='a@p1.example' to='b@edge.example' type='chat' id='1'>{expected}</message>", Write(Message(content), mask));
    }

    // Text that a payload kept apart: ]]> may not stand in text (XML 1.0 section 2.4), and a server behind us would end the stream.
    [Fact]
    public void WriteTo_WithMaskBetweenBracketsAndGreaterThan_StaysWellFormed()
    {
        var written = Write(Message("]]<x xmlns='urn:x'/>><body/>"), default(PayloadMask).Add(0));
        Assert.Equal("<message from='a@p1.example' to='b@edge.example' type='chat' id='1'>]]&gt;<body/></message>", written);
        Infoset.ReadOnStream(Encoding.UTF8.GetBytes(written), "jabber:server");
    }

    [Fact]
    public void PayloadMask_AtItsLimit_TakesTheRestTogether()
    {
        var last = default(PayloadMask).Add(62);
        Assert.Equal([true, false, false], new[] { 62, 63, 64 }.Select(c => last.Contains(c)));
        var rest = default(PayloadMask).Add(64);
        Assert.Equal([false, true, true, true], new[] { 62, 63, 64, 9_999 }.Select(c => rest.Contains(c)));
        Assert.True(default(PayloadMask).IsEmpty);
        Assert.True(PayloadMask.All.Contains(0) && PayloadMask.All.Contains(63));
        var children = string.Concat(Enumerable.Range(0, 70).Select(i => $"<c{i}/>"));
        Assert.Equal($"<message from='a@p1.example' to='b@edge.example' type='chat' id='1'>{string.Concat(Enumerable.Range(0, 63).Select(i => $"<c{i}/>"))}</message>", Write(Message(children), rest));
    }

    [Fact]
    public void Reading_OfStanzas_AllocatesNothing()
    {
        var plain = Encode("<message><body>x</body><active xmlns='urn:a'/><x xmlns:p='urn:p' p:k='1' k='2'><p:y/></x></message>");
        var decoded = Encode("<message><body>x</body><q:query xmlns:q='jabber:iq:&#114;oster' k='&#50;'/></message>");
        foreach (var data in new[] { plain, decoded })
        {
            var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
            Assert.Equal(ReferenceEquals(data, plain) ? 2 : 1, ReadAll(framer, data));
            Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => AllocatedByReading(framer, data)));
        }
    }

    // A value that is asked for again, and a second walk, give the same.
    [Fact]
    public void Reading_Twice_GivesTheSame()
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        framer.Read("<message><x xmlns='urn:&#120;' k='&#49;' id='&#50;'><y/></x></message>"u8, out _, out var frame);
        for (var round = 0; round < 3; round++)
        {
            var reader = frame.ReadPayloads();
            Assert.True(reader.MoveNext());
            Assert.True(reader.TryGetAttribute("k"u8, out var first) && first.SequenceEqual("1"u8));
            Assert.True(reader.TryGetAttribute("id"u8, out var second) && second.SequenceEqual("2"u8));
            Assert.False(reader.TryGetAttribute("x"u8, out _));
            Assert.True(reader.Namespace.SequenceEqual("urn:x"u8));
            Assert.True(reader.MoveNext() && reader.Namespace.SequenceEqual("urn:x"u8));
            Assert.False(reader.MoveNext() || reader.MoveNext());
        }
    }

    private delegate void Visit(ref PayloadReader reader);

    private static void Walk(string stream, Visit visit)
    {
        var data = Encode(stream);
        var framer = new StreamFramer(FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Header, framer.Read(data, out var consumed, out _));
        Assert.Equal(FrameStatus.Element, framer.Read(data.AsSpan(consumed), out _, out var frame));
        var reader = frame.ReadPayloads();
        while (reader.MoveNext())
        {
            visit(ref reader);
        }
    }

    private static string Write(string stream, PayloadMask mask)
    {
        var data = Encode(stream);
        var framer = new StreamFramer(FramerLimits.Authenticated);
        framer.Read(data, out var consumed, out _);
        Assert.Equal(FrameStatus.Element, framer.Read(data.AsSpan(consumed), out _, out var frame));
        var output = new ArrayBufferWriter<byte>();
        frame.WriteTo(output, ContentNamespace.Server, "a@p1.example"u8, "b@edge.example"u8, mask);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // The attributes k found.
    private static int ReadAll(StreamFramer framer, byte[] data)
    {
        var found = 0;
        framer.Read(data, out _, out var frame);
        var reader = frame.ReadPayloads();
        while (reader.MoveNext())
        {
            found += reader.TryGetAttribute("k"u8, out _) || reader.LocalName.SequenceEqual("y"u8) ? 1 : 0;
        }

        return found;
    }

    // The runtime's own pools and compilers allocate too, now and then: the least of some rounds is ours.
    private static long AllocatedByReading(StreamFramer framer, byte[] data)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 50; round++)
        {
            ReadAll(framer, data);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Iq(string content) => In($"<iq>{content}</iq>");
}
