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

    /// <summary>True for a line that is put in; false for what comes out.</summary>
    public static bool IsInput(string line) => line[0] is not ('S' or '*');

    /// <summary>What stands behind the kind of an input.</summary>
    public static string Argument(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    /// <summary>The bytes of a <c>C:</c> line with its declarations; null for any other.</summary>
    public static string? BytesOf(string line) => BytesOf(line, Declarations);

    /// <summary>The same for a component.</summary>
    public static string? BytesOfComponent(string line) => BytesOf(line, ComponentDeclarations);

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
        NegotiationEffect.AssumeDialbackPrefix => ["* db is dialback's"],
        NegotiationEffect.Authenticated a => [$"* authenticated {a.Pair.Local}<-{a.Pair.Remote} {a.Method}{(a.SteppedDown ? " stepped down" : "")}{(a.StreamManagement ? " managed" : "")}"],
        NegotiationEffect.VerifyKey v => [$"* verify {v.Pair.Local}<-{v.Pair.Remote} {v.StreamId} {v.Key}"],
        NegotiationEffect.Answered a => [$"* answered {a.Outcome.Verdict}" + (a.Outcome.Verdict is DialbackVerdict.Error ? $" {a.Outcome.Condition.WireName()}" : "")],
        NegotiationEffect.DialbackRefused r => [$"* dialback refused {r.Pair.Local}<-{r.Pair.Remote} {r.Condition.WireName()}"],
        NegotiationEffect.PairRefused r => [$"* refused {r.Pair.Local}<-{r.Pair.Remote} {r.Detail}"],
        NegotiationEffect.Managed m => [$"* managed {m.Element.Name}"],
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

    private static string? BytesOf(string line, string declarations)
    {
        if (!line.StartsWith("C:", StringComparison.Ordinal))
            return null;
        var xml = Argument(line);
        return xml.StartsWith("<stream:stream", StringComparison.Ordinal) && !xml.Contains("xmlns=", StringComparison.Ordinal)
            ? "<?xml version='1.0'?>" + xml.Replace("<stream:stream", $"<stream:stream{declarations}", StringComparison.Ordinal)
            : xml;
    }

    private static XmlElement Convert(XElement element) => new(element.Name.LocalName, element.Name.NamespaceName)
    {
        Attributes = [.. element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => new XmlAttribute(a.Name.LocalName, a.Name.NamespaceName, a.Value))],
        Content = [.. element.Nodes().Select(n => n is XElement child ? Convert(child) : (object)((XText)n).Value)],
    };
}

/// <summary>An accepted stream under test. Each script is played by calls and then, from the first one on, over the real framer with every cut.</summary>
internal sealed class InboundDialogue
{
    private readonly FakeRules rules;
    private readonly bool tlsAvailable;
    private readonly bool directTls;
    private readonly Func<DomainPair?, AnnouncedLimits?>? announce;
    private readonly List<string> inputs = [];
    private readonly List<string> transcript = [];

    public InboundDialogue(FakeRules rules, bool tlsAvailable = true, bool directTls = false, Func<DomainPair?, AnnouncedLimits?>? announce = null)
    {
        (this.rules, this.tlsAvailable, this.directTls, this.announce) = (rules, tlsAvailable, directTls, announce);
        Negotiation = New();
    }

    public InboundNegotiation Negotiation { get; }

    public static void Check(FakeRules rules, string script, bool tlsAvailable = true, bool directTls = false)
        => new InboundDialogue(rules, tlsAvailable, directTls).Play(script);

    /// <summary>Plays the inputs of a script and compares.</summary>
    public InboundDialogue Play(string script)
    {
        var expected = Transcript.Lines(script);
        var first = transcript.Count;
        Begin([.. expected.Where(Transcript.IsInput)]);
        Assert.Equal(string.Join('\n', expected), string.Join('\n', transcript.Skip(first)));
        Cuts.Check(inputs, string.Join('\n', transcript), Replay, Transcript.BytesOf);
        return this;
    }

    /// <summary>Plays inputs whose outcome is another test's matter.</summary>
    public InboundDialogue Begin(params string[] lines)
    {
        foreach (var line in lines)
        {
            inputs.Add(line);
            transcript.Add(line);
            transcript.AddRange(Transcript.Render(line.StartsWith("C:", StringComparison.Ordinal) ? Call(Transcript.Argument(line)) : Event(Negotiation, line)));
        }

        return this;
    }

    /// <summary>A wire to a fresh stream of the same kind.</summary>
    public Wire NewWire() => Replay().Wire;

    private (Wire Wire, Func<string, IReadOnlyList<NegotiationEffect>> Event) Replay()
    {
        var stream = New();
        return (new Wire(stream), line => Event(stream, line));
    }

    private InboundNegotiation New()
    {
        var streams = 0;
        return new InboundNegotiation(new NegotiationSettings(rules, new DialbackKeys("d14lb4ck43v3r"),
            () => string.Create(CultureInfo.InvariantCulture, $"s{++streams}"), tlsAvailable, directTls) { Announce = announce ?? (static _ => null) });
    }

    private IReadOnlyList<NegotiationEffect> Call(string xml) => xml.StartsWith("<stream:stream", StringComparison.Ordinal)
        ? Negotiation.OnHeader(Transcript.ReadHeader(xml))
        : Negotiation.OnElement(Transcript.ReadElement(xml));

    private static IReadOnlyList<NegotiationEffect> Event(InboundNegotiation stream, string line) => line[..line.IndexOf(':', StringComparison.Ordinal)] switch
    {
        "tls" => stream.OnTlsEstablished(new FakeCertificate(Transcript.Argument(line).Split(' '))),
        "verified" => Verified(stream, Transcript.Argument(line).Split(' ')),
        _ => throw new ArgumentOutOfRangeException(nameof(line), line, "unknown input"),
    };

    // verified: p1.example s2 valid
    private static IReadOnlyList<NegotiationEffect> Verified(InboundNegotiation stream, string[] words) => stream.OnVerification(
        new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse(words[0])), words[1], words[2] switch
        {
            "valid" => DialbackOutcome.Valid,
            "invalid" => DialbackOutcome.Invalid,
            _ => DialbackOutcome.Error(Enum.Parse<StanzaErrorCondition>(words[2])),
        });
}

/// <summary>A stream that we open, under test; <c>C:</c> is what the server on the other side sends. Played by calls and over the real framer.</summary>
internal sealed class OutboundDialogue
{
    private readonly OutboundSettings settings;
    private readonly List<string> inputs = [];
    private readonly List<string> transcript = [];

    public OutboundDialogue(NegotiationTerms terms, OutboundGoal? goal = null, bool directTls = false, bool haveCertificate = true)
    {
        settings = new OutboundSettings(
            goal ?? new OutboundGoal.Authenticate(Pair), terms, new DialbackKeys("s3cr3tf0rd14lb4ck"), directTls, haveCertificate);
        Negotiation = new OutboundNegotiation(settings);
    }

    public static DomainPair Pair => new(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"));

    public OutboundNegotiation Negotiation { get; }

    /// <summary>Plays the inputs of a script and compares.</summary>
    public OutboundDialogue Play(string script)
    {
        var expected = Transcript.Lines(script);
        var first = transcript.Count;
        foreach (var line in expected.Where(Transcript.IsInput))
        {
            inputs.Add(line);
            transcript.Add(line);
            transcript.AddRange(Transcript.Render(Feed(line)));
        }

        Assert.Equal(string.Join('\n', expected), string.Join('\n', transcript.Skip(first)));
        Cuts.Check(inputs, string.Join('\n', transcript), Replay, Transcript.BytesOf);
        return this;
    }

    /// <summary>One input and what comes of it; not compared.</summary>
    public IReadOnlyList<NegotiationEffect> Feed(string line)
        => line.StartsWith("C:", StringComparison.Ordinal) ? Call(Transcript.Argument(line)) : Event(Negotiation, line);

    private (Wire Wire, Func<string, IReadOnlyList<NegotiationEffect>> Event) Replay()
    {
        var stream = new OutboundNegotiation(settings);
        return (new Wire(stream), line => Event(stream, line));
    }

    private IReadOnlyList<NegotiationEffect> Call(string xml) => xml.StartsWith("<stream:stream", StringComparison.Ordinal)
        ? Negotiation.OnHeader(Transcript.ReadHeader(xml))
        : Negotiation.OnElement(Transcript.ReadElement(xml));

    private static IReadOnlyList<NegotiationEffect> Event(OutboundNegotiation stream, string line) => line[..line.IndexOf(':', StringComparison.Ordinal)] switch
    {
        "start" => stream.Start(),
        "tls" => stream.OnTlsEstablished(new FakeCertificate(Transcript.Argument(line).Split(' '))),
        "ask" => stream.Ask(PairOf(line), Terms.TlsDialbackOnly),
        "give up" => stream.GiveUp(PairOf(line)),
        _ => throw new ArgumentOutOfRangeException(nameof(line), line, "unknown input"),
    };

    // ask: edge2.example p1.example
    private static DomainPair PairOf(string line) => Transcript.Argument(line).Split(' ') is [var local, var remote]
        ? new DomainPair(DomainName.Parse(local), DomainName.Parse(remote))
        : throw new ArgumentException(line, nameof(line));
}
