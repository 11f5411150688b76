using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>What both sides of a negotiation need to play one without a network.</summary>
internal static class PeerScript
{
    public const string Local = "contoso.example";

    private static readonly (string Prefix, string Namespace)[] DeclaresDialback = [("db", XmppNamespaces.Dialback)];

    /// <summary>The edge's dialback keys.</summary>
    public static DialbackKeys Keys { get; } = new("a secret of the edge");

    /// <summary>The peer's stream header.</summary>
    public static StreamHeader Header(string remote, bool declaresDialback = true) => new("stream", "stream", XmppNamespaces.Streams, XmppNamespaces.Server)
    {
        From = remote,
        To = Local,
        Id = "peer-stream",
        Version = "1.0",
        Declarations = declaresDialback ? DeclaresDialback : [],
    };

    /// <summary>An element with attributes given as name, value, name, value…</summary>
    public static XmlElement Element(string name, string @namespace, IReadOnlyList<object> content, params IReadOnlyList<string> attributes) => new(name, @namespace)
    {
        Content = content,
        Attributes = [.. attributes.Chunk(2).Select(pair => new XmlAttribute(pair[0], "", pair[1]))],
    };

    /// <summary>What is sent, as text.</summary>
    public static string Sent(IEnumerable<NegotiationEffect> effects) => string.Concat(effects.Select(effect => effect switch
    {
        NegotiationEffect.Send send => System.Text.Encoding.UTF8.GetString(send.Xml.Span),
        NegotiationEffect.Close close => System.Text.Encoding.UTF8.GetString(close.Farewell.Span),
        _ => "",
    }));

    /// <summary>A certificate about which policy says the same for every name.</summary>
    public sealed class Certificate(CertificateVerdict verdict) : IPeerCertificate
    {
        public TlsVersion Version => TlsVersion.Tls13;

        public CertificateVerdict Proves(DomainName domain) => verdict;
    }

    /// <summary>The policy that is in force at the moment, as a listener for partners asks it.</summary>
    public sealed class LiveRules(Func<PolicySnapshot> policy) : INegotiationRules
    {
        public bool Serves(DomainName local) => local.Ascii == Local;

        public bool IsOwn(DomainName domain) => Serves(domain);

        public NegotiationTerms? TermsFor(DomainPair pair) => policy().Find(pair.Remote) is { Enabled: true } partner ? partner.Terms : null;
    }
}
