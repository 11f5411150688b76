using System.Globalization;
using System.Text;
using System.Xml.Linq;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

/// <summary>
/// A negotiation written as a dialogue. <c>C:</c> is what the peer sends, <c>S:</c> what we send, <c>*</c> what our side does; <c>tls:</c> ends a
/// handshake in which the peer's certificate proved these names. The runner feeds the inputs and compares the whole transcript.
/// Namespaces that each header of ours declares are left out on both sides; one test per header looks at them.
/// </summary>
internal static class Transcript
{
    private const string Declarations
        = " xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'";

    private const string ComponentDeclarations = " xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'";

    public static string[] Lines(string script)
        => [.. script.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)];

    public static StreamHeader ReadHeader(string tag, string declarations = Declarations)
    {
        var open = tag.Contains("xmlns=", StringComparison.Ordinal) ? tag : tag.Replace("<stream:stream", $"<stream:stream{declarations}", StringComparison.Ordinal);
        var root = XDocument.Parse(open.TrimEnd('>') + "/>").Root!;
        var prefixes = root.Attributes().Where(a => a.IsNamespaceDeclaration && a.Name.LocalName != "xmlns")
            .Select(a => (a.Name.LocalName, a.Value)).ToArray();
        return new StreamHeader(root.GetPrefixOfNamespace(root.Name.Namespace) ?? "", root.Name.LocalName, root.Name.NamespaceName, root.GetDefaultNamespace().NamespaceName)
        {
            From = (string?)root.Attribute("from"),
            To = (string?)root.Attribute("to"),
            Id = (string?)root.Attribute("id"),
            Version = (string?)root.Attribute("version"),
            Language = (string?)root.Attribute(XNamespace.Xml + "lang"),
            Declarations = prefixes,
        };
    }

    public static XmlElement ReadElement(string xml, string declarations = Declarations)
        => Convert(XDocument.Parse($"<stream:stream{declarations}>{xml}</stream:stream>", LoadOptions.PreserveWhitespace).Root!.Elements().Single());

    public static IEnumerable<string> Render(IEnumerable<NegotiationEffect> effects) => effects.SelectMany(Render);

    private static IEnumerable<string> Render(NegotiationEffect effect) => effect switch
    {
        NegotiationEffect.Send send => Sent(send.Xml),
        NegotiationEffect.StartTls => ["* start tls"],
        NegotiationEffect.Restart => ["* restart"],
        NegotiationEffect.Authenticated a => [$"* authenticated {a.Pair.Local}<-{a.Pair.Remote} {a.Method}"],
        NegotiationEffect.VerifyKey v => [$"* verify {v.Pair.Local}<-{v.Pair.Remote} {v.StreamId} {v.Key}"],
        NegotiationEffect.Answered a => [$"* answered {a.Outcome.Verdict}" + (a.Outcome.Verdict is DialbackVerdict.Error ? $" {a.Outcome.Condition.WireName()}" : "")],
        NegotiationEffect.Dropped d => [$"* dropped {d.Reason}"],
        NegotiationEffect.Close c => [.. Sent(c.Farewell), $"* close {c.Reason.ToText()}"],
        _ => throw new InvalidOperationException(effect.ToString()),
    };

    private static IEnumerable<string> Sent(ReadOnlyMemory<byte> xml)
    {
        if (xml.IsEmpty)
            return [];
        var text = Encoding.UTF8.GetString(xml.Span);
        if (!text.StartsWith("<?xml", StringComparison.Ordinal))
            return [$"S: {text}"];
        text = text.Replace("<?xml version='1.0'?>", "", StringComparison.Ordinal).Replace(Declarations, "", StringComparison.Ordinal)
            .Replace(ComponentDeclarations, "", StringComparison.Ordinal).Replace(" xml:lang='en'", "", StringComparison.Ordinal);
        var end = text.IndexOf('>', StringComparison.Ordinal) + 1;
        return end == text.Length ? [$"S: {text}"] : [$"S: {text[..end]}", $"S: {text[end..]}"];
    }

    private static XmlElement Convert(XElement element) => new(element.Name.LocalName, element.Name.NamespaceName)
    {
        Attributes = [.. element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => new XmlAttribute(a.Name.LocalName, a.Name.NamespaceName, a.Value))],
        Content = [.. element.Nodes().Select(n => n is XElement child ? Convert(child) : (object)((XText)n).Value)],
    };
}

/// <summary>An accepted stream under test.</summary>
internal sealed class InboundDialogue
{
    private int streams;

    public InboundDialogue(FakeRules rules, bool tlsAvailable = true, bool directTls = false)
    {
        Negotiation = new InboundNegotiation(new NegotiationSettings(rules, new DialbackKeys("d14lb4ck43v3r"),
            () => string.Create(CultureInfo.InvariantCulture, $"s{++streams}"), tlsAvailable, directTls));
    }

    public InboundNegotiation Negotiation { get; }

    public static void Check(FakeRules rules, string script, bool tlsAvailable = true, bool directTls = false)
        => new InboundDialogue(rules, tlsAvailable, directTls).Play(script);

    public InboundDialogue Play(string script)
    {
        var expected = Transcript.Lines(script);
        var actual = expected.Where(l => l[0] is not ('S' or '*')).SelectMany(l => Transcript.Render(Input(l)).Prepend(l));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
        return this;
    }

    private IReadOnlyList<NegotiationEffect> Input(string line)
    {
        var (kind, text) = (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
        return kind switch
        {
            "C" when text.StartsWith("<stream:stream", StringComparison.Ordinal) => Negotiation.OnHeader(Transcript.ReadHeader(text)),
            "C" => Negotiation.OnElement(Transcript.ReadElement(text)),
            "tls" => Negotiation.OnTlsEstablished(new FakeCertificate(text.Split(' '))),
            "verified" => Verified(text.Split(' ')),
            _ => throw new ArgumentOutOfRangeException(nameof(line), line, "unknown input"),
        };
    }

    // verified: p1.example s2 valid
    private IReadOnlyList<NegotiationEffect> Verified(string[] words) => Negotiation.OnVerification(
        new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse(words[0])), words[1], words[2] switch
        {
            "valid" => DialbackOutcome.Valid,
            "invalid" => DialbackOutcome.Invalid,
            _ => DialbackOutcome.Error(Enum.Parse<StanzaErrorCondition>(words[2])),
        });
}

/// <summary>A stream that we open, under test; <c>C:</c> is what the server on the other side sends.</summary>
internal sealed class OutboundDialogue(NegotiationTerms terms, OutboundGoal? goal = null, bool directTls = false, bool haveCertificate = true)
{
    public static DomainPair Pair => new(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"));

    public OutboundNegotiation Negotiation { get; } = new(new OutboundSettings(
        goal ?? new OutboundGoal.Authenticate(Pair), terms, new DialbackKeys("s3cr3tf0rd14lb4ck"), directTls, haveCertificate));

    public OutboundDialogue Play(string script)
    {
        var expected = Transcript.Lines(script);
        var actual = expected.Where(l => l[0] is not ('S' or '*')).SelectMany(l => Transcript.Render(Input(l)).Prepend(l));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
        return this;
    }

    private IReadOnlyList<NegotiationEffect> Input(string line)
    {
        var text = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return line[..line.IndexOf(':', StringComparison.Ordinal)] switch
        {
            "start" => Negotiation.Start(),
            "C" when text.StartsWith("<stream:stream", StringComparison.Ordinal) => Negotiation.OnHeader(Transcript.ReadHeader(text)),
            "C" => Negotiation.OnElement(Transcript.ReadElement(text)),
            "tls" => Negotiation.OnTlsEstablished(new FakeCertificate(text.Split(' '))),
            _ => throw new ArgumentOutOfRangeException(nameof(line), line, "unknown input"),
        };
    }
}
