using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>Writing trees, and the one escaper.</summary>
public sealed class XmlElementWriterTests
{
    // XML 1.0 sections 2.4 and 3.3.3.
    [Theory]
    [InlineData("a<b>&\"'", "a&lt;b&gt;&amp;\"'", "a&lt;b&gt;&amp;&quot;&apos;")]
    [InlineData("\t\n\r", "\t\n&#13;", "&#9;&#10;&#13;")]
    [InlineData("]]>", "]]&gt;", "]]&gt;")]
    [InlineData("\u0000\u0001\u001F\uFFFE\uFFFF", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("é東\uFF01😀\u007F", "é東\uFF01😀\u007F", "é東\uFF01😀\u007F")]
    public void Escape_OfAnyText_IsWellFormed(string value, string text, string attribute)
    {
        Assert.Equal(text, Written(output => XmlEscape.WriteText(output, value)));
        Assert.Equal(attribute, Written(output => XmlEscape.WriteAttributeValue(output, value)));
    }

    [Fact]
    public void Escape_OfLoneSurrogate_ReplacesIt()
        => Assert.Equal("a\uFFFDb", Written(output => XmlEscape.WriteText(output, string.Concat("a", '\uD800'.ToString(), "b"))));

    [Fact]
    public void WriteTo_ElementOfDefaultNamespace_DeclaresOnlyWhatChanges()
    {
        var element = new XmlElement("message", "jabber:server")
        {
            Attributes = [new XmlAttribute("to", "", "a'b"), new XmlAttribute("lang", "http://www.w3.org/XML/1998/namespace", "en"), new XmlAttribute("k", "urn:k", "v")],
            Content = [new XmlElement("body", "jabber:server") { Content = ["1 < 2"] }, new XmlElement("x", "urn:x") { Content = [new XmlElement("y", "urn:x"), new XmlElement("z", "")] }],
        };
        Assert.Equal(
            "<message to='a&apos;b' xml:lang='en' xmlns:a1='urn:k' a1:k='v'><body>1 &lt; 2</body><x xmlns='urn:x'><y/><z xmlns=''/></x></message>",
            Written(output => element.WriteTo(output, "jabber:server")));
    }

    // XEP-0220 section 2.1 and RFC 6120 section 4.8.5: some peers know dialback and features only by their usual prefixes.
    [Fact]
    public void WriteTo_ElementOfDeclaredNamespace_TakesItsPrefix()
    {
        var declared = new[] { ("stream", "http://etherx.jabber.org/streams"), ("db", "jabber:server:dialback") };
        var result = new XmlElement("result", "jabber:server:dialback") { Content = ["key"] };
        var features = new XmlElement("features", "http://etherx.jabber.org/streams") { Content = [new XmlElement("starttls", "urn:ietf:params:xml:ns:xmpp-tls"), new XmlElement("x", "jabber:server")] };
        Assert.Equal("<db:result>key</db:result>", Written(output => result.WriteTo(output, "jabber:server", declared)));
        Assert.Equal(
            "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><x/></stream:features>",
            Written(output => features.WriteTo(output, "jabber:server", declared)));
    }

    [Fact]
    public void WriteTo_ReadAgain_IsTheSameTree()
    {
        const string Stanza = "<iq type='get' id='&lt;1&gt;&#10;' xmlns:p='urn:p' p:q='r'><ping xmlns='urn:xmpp:ping'>a&amp;b<x xmlns=''>c</x></ping></iq>";
        var first = Read(Encoding.UTF8.GetBytes(Stanza));
        var again = Read(Encoding.UTF8.GetBytes(Written(output => first.WriteTo(output, "jabber:server"))));
        Assert.Equal(first.ToString(), again.ToString());
        Assert.Equal("<1>\n", again["id"]);
    }

    private static XmlElement Read(byte[] stanza)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(stanza, out _, out var frame));
        return frame.ToElement();
    }

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
