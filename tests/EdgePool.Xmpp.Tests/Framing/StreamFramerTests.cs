using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What the framer promises its caller beside the grammar.</summary>
public sealed class StreamFramerTests
{
    private const string Chat = "<message from='a@p1.example/r' to='b@edge.example' type='chat' id='1' xml:lang='en'><body>Caf\u00e9 &amp; more</body>"
        + "<active xmlns='http://jabber.org/protocol/chatstates'/></message>";

    // RFC 6120 section 4.7.
    [Fact]
    public void Header_WithEveryAttribute_IsGivenAsItCame()
    {
        var header = FramerRun.OnePiece(StreamBytes.Encode(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
            + "from='p1.example' to=\"a&apos;b\" id='&#60;1' version='1.0' xml:lang='de'>")).Header;
        Assert.NotNull(header);
        Assert.Equal(("stream", "stream", "http://etherx.jabber.org/streams", "jabber:server"), (header.Prefix, header.Name, header.Namespace, header.DefaultNamespace));
        Assert.Equal(("p1.example", "a'b", "<1", "1.0", "de"), (header.From, header.To, header.Id, header.Version, header.Language));
        Assert.True(header.Declares("jabber:server:dialback"));
        Assert.False(header.Declares("jabber:server"));
    }

    // NS-01, NS-02, NS-03: judged by the negotiation, so the framer must let them through as they are.
    [Theory]
    [InlineData("NS-01", "<foo xmlns='jabber:server'>", "", "foo", "jabber:server", "jabber:server")]
    [InlineData("NS-01", "<stream>", "", "stream", "", "")]
    [InlineData("NS-02", "<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>", "s", "stream", "http://etherx.jabber.org/streams", "jabber:client")]
    public void Header_OfForeignNamespace_IsGivenForJudgement(string id, string stream, string prefix, string name, string space, string content)
    {
        Assert.StartsWith("NS", id, StringComparison.Ordinal);
        var header = FramerRun.OnePiece(StreamBytes.Encode(stream)).Header;
        Assert.NotNull(header);
        Assert.Equal((prefix, name, space, content), (header.Prefix, header.Name, header.Namespace, header.DefaultNamespace));
    }

    // RFC 6120 section 8.1: decoded values, whatever way they were written.
    [Fact]
    public void Frame_WithEscapedAttributes_GivesDecodedValues()
    {
        var run = FramerRun.OnePiece(StreamBytes.Encode(StreamBytes.In("<iq from='a&amp;b@p1.example' to='b@edge.example/&#x27;' id='x\ny&#10;z' type=''/>")));
        var element = Assert.Single(run.Elements);
        Assert.Equal(("Iq", "a&b@p1.example", "b@edge.example/'", "x y\nz", ""), (element.Kind, element.From, element.To, element.Id, element.Type));
        Assert.Contains("id='x y&#10;z'", Encoding.UTF8.GetString(element.ToServer), StringComparison.Ordinal);
    }

    // DESIGN section 5: the two ways out.
    [Theory]
    [InlineData(true, "<message id='1'><body>a &amp; b</body></message>")]
    [InlineData(true, "<message xmlns='jabber:server'><x xmlns='urn:x' xmlns:a='urn:a' a:b='c'/></message>")]
    [InlineData(false, "<message><body>&#38;</body></message>")]
    [InlineData(false, "<message><body><![CDATA[a]]></body></message>")]
    [InlineData(false, "<message><body>a\rb</body></message>")]
    [InlineData(false, "<message><x xmlns='jabber:server'/></message>")]
    [InlineData(false, "<message><x xmlns='jabber:component:accept'/></message>")]
    [InlineData(false, "<message><db:x/></message>")]
    [InlineData(false, "<message id='a\tb'/>")]
    public void Frame_InOrOutsideThePlainSubset_IsClassified(bool plain, string stanza)
        => Assert.Equal(plain, Assert.Single(FramerRun.OnePiece(StreamBytes.Encode(StreamBytes.In(stanza))).Elements).IsPlain);

    // The start tag is ours: canonical addresses replace what came, escaped.
    [Theory]
    [InlineData("<message  to='B@EDGE.example'\n type='chat' from='A@p1.example' id='1'><body>x</body></message>", "<message from='a@p1.example/&apos;&lt;' to='b@edge.example'\n type='chat' id='1'><body>x</body></message>")]
    [InlineData("<presence/>", "<presence from='a@p1.example/&apos;&lt;' to='b@edge.example'/>")]
    [InlineData("<iq from='x' id='1' xmlns='jabber:server' to='y' />", "<iq from='a@p1.example/&apos;&lt;' to='b@edge.example' id='1' />")]
    [InlineData("<iq from='x' id='&#49;' to='y'/>", "<iq from='a@p1.example/&apos;&lt;' to='b@edge.example' id='1'/>")]
    public void WriteTo_WithCanonicalAddresses_ReplacesThem(string stanza, string expected)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(Encoding.UTF8.GetBytes(stanza), out _, out var frame));
        var output = new ArrayBufferWriter<byte>();
        frame.WriteTo(output, ContentNamespace.Component, "a@p1.example/'<"u8, "b@edge.example"u8);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    // A queued stanza is in our own form and is read again when it is bounced.
    [Fact]
    public void Inside_ReadingWhatWasWritten_FindsTheSameStanza()
    {
        var written = Assert.Single(FramerRun.OnePiece(StreamBytes.Encode(StreamBytes.In(Chat))).Elements).ToComponent;
        var framer = StreamFramer.Inside(ContentNamespace.Component, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(written, out var consumed, out var frame));
        Assert.Equal(written.Length, consumed);
        Assert.Equal(StanzaKind.Message, frame.Kind);
        Assert.Equal("a@p1.example/r", Encoding.UTF8.GetString(frame.From));
        Assert.Equal("Caf\u00e9 & more", frame.ToElement().Child("body", "jabber:component:accept")?.Text);
    }

    [Fact]
    public void ToElement_OfNegotiationElement_ResolvesPrefixesOfTheHeader()
    {
        var data = StreamBytes.Encode(StreamBytes.In("<db:result from='a' to='b'>k&#101;y<![CDATA[<]]></db:result>"));
        var framer = new StreamFramer(FramerLimits.Unauthenticated);
        framer.Read(data, out var header, out _);
        framer.Read(data.AsSpan(header), out _, out var frame);
        var element = frame.ToElement();
        Assert.Equal(StanzaKind.None, frame.Kind);
        Assert.True(element.Is("result", "jabber:server:dialback"));
        Assert.Equal(("a", "key<"), (element["from"], element.Text));
    }

    [Fact]
    public void InsideElement_BetweenAndWithinElements_Tells()
    {
        var framer = new StreamFramer(FramerLimits.Authenticated);
        var seen = new List<bool>();
        foreach (var end in new[] { 0, 1, 30, StreamBytes.Header.Length })
        {
            framer.Read(StreamBytes.Encode(StreamBytes.Header).AsSpan(0, end), out _, out _);
            seen.Add(framer.InsideElement);
            if (end == 30)
            {
                framer = new StreamFramer(FramerLimits.Authenticated);
            }
        }

        framer.Read("  "u8, out var consumed, out _);
        Assert.Equal(2, consumed);
        seen.Add(framer.InsideElement);
        framer.Read("<"u8, out _, out _);
        seen.Add(framer.InsideElement);
        Assert.Equal([false, true, true, false, false, true], seen);
    }

    // After the end and after a violation nothing is read.
    [Theory]
    [InlineData("</stream:stream>", FrameStatus.End)]
    [InlineData("x", FrameStatus.Violation)]
    public void Read_AfterTheLastEvent_RepeatsIt(string last, FrameStatus expected)
    {
        var framer = new StreamFramer(FramerLimits.Authenticated);
        framer.Read(StreamBytes.Encode(StreamBytes.Header), out _, out _);
        Assert.Equal(expected, framer.Read(Encoding.UTF8.GetBytes(last), out _, out _));
        Assert.Equal(expected, framer.Read("<message/>"u8, out var consumed, out _));
        Assert.Equal(0, consumed);
    }

    // The limits rise once the peer is authenticated, on the same stream.
    [Fact]
    public void Limits_RaisedBetweenElements_HoldForTheNext()
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Unauthenticated);
        var large = Encoding.UTF8.GetBytes($"<message>{new string('x', 9_000)}</message>");
        Assert.Equal(FrameStatus.Element, framer.Read("<message/>"u8, out _, out _));
        framer.Limits = FramerLimits.Authenticated;
        Assert.Equal(FrameStatus.Element, framer.Read(large, out _, out _));
        framer.Limits = FramerLimits.Unauthenticated;
        Assert.Equal(FrameStatus.Violation, framer.Read(large, out _, out _));
    }

    // RES-20: nothing of a longer stanza before it, in the same memory, is in what goes out.
    [Theory]
    [InlineData("<message from='c@p1.example' to='d@edge.example'/>")]
    [InlineData("<message from='c@p1.example' to='d@edge.example'>&#60;<![CDATA[x]]></message>")]
    public void Read_ShortStanzaBehindLong_WritesOnlyTheShort(string stanza)
    {
        var memory = new byte[8_192];
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var attributes = string.Concat(Enumerable.Range(0, 40).Select(n => $" secret{n}='&#115;ecret'"));
        var nested = string.Concat(Enumerable.Repeat("<secret xmlns:secret='secret'>", 40)) + string.Concat(Enumerable.Repeat("</secret>", 40));
        Take(framer, memory, $"<message id='secret' type='secret'{attributes}>{nested}</message>");
        Assert.Equal(
            Assert.Single(FramerRun.OnePiece(StreamBytes.Encode(StreamBytes.In(stanza))).Elements).ToComponent,
            Take(framer, memory, stanza));
    }

    // DESIGN section 5: no allocation on the allow path.
    [Theory]
    [InlineData("a@p1.example/r")]
    [InlineData("other@p1.example/'")]
    public void ReadAndWrite_OfPlainStanzas_AllocatesNothing(string from)
    {
        var data = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Chat + "<presence from='a@p1.example'><x xmlns='urn:x' xmlns:y='urn:y' y:z='&lt;'>\n</x></presence>", 50)));
        var address = Encoding.UTF8.GetBytes(from);
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        Assert.Equal(100, ReadAndWrite(framer, data, output, address));
        output.ResetWrittenCount();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = ReadAndWrite(framer, data, output, address);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100, count);
    }

    // DESIGN section 5: a stream is cheap, even one that has seen a large stanza: what that needed was lent by the pool. All that is allocated is counted.
    [Fact]
    public void Framer_OverALargeStanza_AllocatesLittle()
    {
        var header = StreamBytes.Encode(StreamBytes.Header);
        var large = Encoding.UTF8.GetBytes($"<message id='&#49;'>{string.Concat(Enumerable.Repeat("<a xmlns:b='u'>", 60))}{string.Concat(Enumerable.Repeat("</a>", 60))}</message>");
        Open(header, large);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Open(header, large);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 4_096);
    }

    private static void Open(byte[] header, byte[] stanza)
    {
        var framer = new StreamFramer(FramerLimits.Authenticated);
        framer.Read(header, out _, out _);
        framer.Read(stanza, out _, out _);
        framer.Read(default, out _, out _);
    }

    private static byte[] Take(StreamFramer framer, byte[] memory, string stanza)
    {
        var length = Encoding.UTF8.GetBytes(stanza, memory);
        Assert.Equal(FrameStatus.Element, framer.Read(memory.AsSpan(0, length), out var consumed, out var frame));
        Assert.Equal(length, consumed);
        var output = new ArrayBufferWriter<byte>();
        frame.WriteTo(output, ContentNamespace.Component, frame.From, frame.To);
        return output.WrittenSpan.ToArray();
    }

    private static int ReadAndWrite(StreamFramer framer, ReadOnlySpan<byte> data, ArrayBufferWriter<byte> output, ReadOnlySpan<byte> from)
    {
        var count = 0;
        while (framer.Read(data, out var consumed, out var frame) == FrameStatus.Element)
        {
            frame.WriteTo(output, ContentNamespace.Component, from, frame.To);
            data = data[consumed..];
            count++;
        }

        return count;
    }
}
